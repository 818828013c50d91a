package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Servers that let anybody in begin to ask for a password: as at a server, who has connected before
 * may go on, and who comes has to say it.
 */
class NewPasswordTest {
  private static final int CLIENTS = 4;

  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;
  @AutoClose private final Opened<RawClient> clients = new Opened<>();

  /** Directly, since before anybody was asked for a password. */
  private RawClient atMaster;

  private RawClient atReplica;

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group);
    atMaster = kept(new RawClient(group.master().port()));
    atReplica = kept(new RawClient(group.replica(0).port()));
    assertThat(atMaster.call("SET", "a", "1")).isEqualTo("OK");
    group.awaitInSync();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CONFIG SET requirepass secret",
        "config set maxmemory-policy noeviction RequirePass secret",
        "ACL SETUSER default >secret resetpass >secret"
      })
  void whoComesNextHasToSayIt(String command) throws IOException {
    List<RawClient> before = connectedToAll();
    assertThat(atReplica.call(command.split(" "))).isEqualTo("OK");
    assertThat(before.get(0).call(command.split(" "))).isEqualTo("OK");
    for (RawClient client : connected()) {
      assertRefused(client);
      assertThat(client.call("AUTH", "secret")).isEqualTo("OK");
      assertThat(client.call("GET", "a")).isEqualTo("1");
    }
    for (RawClient client : before) {
      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(client.call("SET", "b", "2")).isEqualTo("OK");
      assertThat(client.call("RESET")).isEqualTo("RESET");
      assertRefused(client);
    }
  }

  /** The proxy can't ask them any more which of them is the master. */
  @Test
  void whoSaysItIsLetInThoughTheProxyItselfIsNot() throws IOException {
    for (RawClient direct : List.of(atReplica, atMaster)) {
      assertThat(direct.call("CONFIG", "SET", "requirepass", "secret")).isEqualTo("OK");
      assertThat(direct.call("CLIENT", "KILL", "TYPE", "normal")).isInstanceOf(Long.class);
    }
    await()
        .until(
            () ->
                connected().get(0).call("GET", "a") instanceof RedisError error
                    && error.message().startsWith("NOAUTH"));
    for (RawClient client : connected()) {
      assertThat(client.call("AUTH", "secret")).isEqualTo("OK");
      assertThat(client.call("INCR", "a")).isInstanceOf(Long.class);
      assertThat(client.call("GET", "a")).isInstanceOf(String.class);
    }
    assertThat(proxy.group().topology().master()).isZero();
  }

  @Test
  void whatWasGivenBackIsNotForThoseWhoCome() throws IOException {
    for (RawClient client : connected()) {
      assertThat(client.call("MULTI")).isEqualTo("OK");
      assertThat(client.call("GET", "a")).isEqualTo("QUEUED");
      assertThat(client.call("EXEC")).isEqualTo(List.of("1"));
    }
    assertThat(connected().get(0).call("CONFIG", "SET", "requirepass", "secret")).isEqualTo("OK");
    for (RawClient client : connected()) {
      assertThat(client.call("MULTI")).isInstanceOf(RedisError.class);
    }
  }

  @Test
  void itIsNoticedWhenTheServersAreToldByOthers() throws IOException {
    List<RawClient> before = connectedToAll();
    assertThat(atMaster.call("CONFIG", "SET", "requirepass", "secret")).isEqualTo("OK");
    await().until(() -> isRefused(proxy));
    for (RawClient client : before) {
      assertThat(client.call("INCR", "a")).isInstanceOf(Long.class);
    }
    assertThat(before.get(0).call("CONFIG", "SET", "requirepass", "")).isEqualTo("OK");
    for (RawClient client : connected()) {
      assertThat(client.call("INCR", "a")).isInstanceOf(Long.class);
    }
  }

  @Test
  void whoHasSaidItGoesOnWhenNoneIsNeededAnyMore() throws IOException {
    setPassword("secret");
    List<RawClient> before = connected();
    for (RawClient client : before) {
      assertThat(client.call("AUTH", "secret")).isEqualTo("OK");
      assertThat(client.call("GET", "a")).isEqualTo("1");
    }
    setPassword("");
    for (RawClient client : before) {
      assertThat(client.call("SELECT", "1")).isEqualTo("OK");
      assertThat(client.call("SET", "b", "2")).isEqualTo("OK");
      assertThat(client.call("GET", "b")).isEqualTo("2");
      assertThat(client.call("SUBSCRIBE", "c")).isEqualTo(List.of("subscribe", "c", 1L));
    }
    for (RawClient client : connected()) {
      assertThat(client.call("AUTH", "secret")).isInstanceOf(RedisError.class);
      assertThat(client.call("GET", "a")).isEqualTo("1");
    }
  }

  @Test
  void otherListenersOfTheServersNoticeItThemselves() throws IOException {
    try (TestProxy two =
            TestProxy.startTwoListeners(
                Map.of(), TestProxy::eventual, group.master().port(), group.replica(0).port());
        RawClient client = two.connect();
        RawClient other = new RawClient(two.otherPort())) {
      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(other.call("GET", "a")).isEqualTo("1");
      assertThat(client.call("CONFIG", "SET", "requirepass", "secret")).isEqualTo("OK");
      assertThat(isRefused(two)).isTrue();
      await()
          .until(
              () -> {
                try (RawClient newcomer = new RawClient(two.otherPort())) {
                  return newcomer.call("INCR", "b") instanceof RedisError;
                }
              });
      assertThat(other.call("GET", "a")).isEqualTo("1");
    }
  }

  @Test
  void otherChangesLeaveTheConnectionsAsTheyAre() throws IOException {
    List<RawClient> before = connected();
    double made = proxy.counted("redis_proxy.node.connects");
    assertThat(before.get(0).call("CONFIG", "SET", "maxmemory-policy", "noeviction"))
        .isEqualTo("OK");
    assertThat(before.get(0).call("ACL", "SETUSER", "somebody", "on", ">secret")).isEqualTo("OK");
    for (RawClient client : connected()) {
      assertThat(client.call("GET", "a")).isEqualTo("1");
    }
    assertThat(proxy.counted("redis_proxy.node.connects")).isEqualTo(made);
  }

  /** On every event loop. */
  private List<RawClient> connected() throws IOException {
    List<RawClient> connected = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      RawClient client = kept(proxy.connect());
      // Whatever is answered, the proxy has taken the connection by then.
      client.call("PING");
      connected.add(client);
    }
    return connected;
  }

  /**
   * The same, when each node has taken the connections to it: one over which nothing has been sent
   * may be a fifth of a second late, since TCP's last acknowledgement waits for a companion.
   */
  private List<RawClient> connectedToAll() throws IOException {
    List<RawClient> connected = connected();
    for (RawClient client : connected) {
      await()
          .until(() -> client.call("PROXY", "EXPLAIN", "GET", "a").toString().contains("replica"));
      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(client.call("DEL", "none")).isEqualTo(0L);
    }
    return connected;
  }

  private RawClient kept(RawClient client) {
    clients.add(client);
    return client;
  }

  private static void assertRefused(RawClient client) throws IOException {
    for (String request : List.of("GET a", "SET a 2", "SELECT 1", "SUBSCRIBE a", "CLIENT LIST")) {
      assertThat(client.call(request.split(" ")))
          .as(request)
          .isInstanceOfSatisfying(
              RedisError.class, error -> assertThat(error.message()).startsWith("NOAUTH"));
    }
  }

  private void setPassword(String password) throws IOException {
    for (RawClient client : List.of(atReplica, atMaster)) {
      assertThat(client.call("CONFIG", "SET", "requirepass", password)).isEqualTo("OK");
    }
    if (!password.isEmpty()) {
      await().until(() -> isRefused(proxy));
    }
  }

  private static boolean isRefused(TestProxy proxy) throws IOException {
    try (RawClient client = proxy.connect()) {
      return Stream.of(client.call("INCR", "counter"), client.call("MULTI"))
          .allMatch(RedisError.class::isInstance);
    }
  }
}
