package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CLIENT KILL ends clients of the proxy, whatever they do and whichever event loop has them. */
class ClientKillTest {
  private static final Resilience ONCE =
      new Resilience(Duration.ofMinutes(1), 1, MasterFallback.ALWAYS, Duration.ofSeconds(2));

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private final Opened<RawClient> clients = new Opened<>();
  private RawClient killer;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    // A read waits for the replica that it was sent to.
    proxy = TestProxy.start(group, Map.of(), TestProxy.resilient(ONCE));
  }

  @BeforeEach
  void connect() throws IOException {
    await().until(() -> proxy.gauge("redis_proxy.clients") == 0);
    killer = client();
  }

  @Test
  void clientsOfEveryEventLoopAreSeenAndEnded() throws IOException {
    double before = proxy.counted("redis_proxy.clients.closed", "cause", "killed");
    List<RawClient> others = List.of(client(), client(), client(), client(), client());
    assertThat((String) killer.call("CLIENT", "LIST")).hasLineCount(6);
    for (RawClient other : others) {
      assertThat(killer.call("CLIENT", "KILL", "ID", id(other))).isEqualTo(1L);
      assertThat(other.closedByPeer()).isTrue();
    }
    assertThat((String) killer.call("CLIENT", "LIST")).hasLineCount(1);
    // The client sees the end of its connection before its event loop has counted it.
    await()
        .until(
            () ->
                proxy.counted("redis_proxy.clients.closed", "cause", "killed")
                    == before + others.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"CLIENT KILL TYPE normal", "CLIENT UNBLOCK 1"})
  void noTransactionChangesConnectionsOfTheProxy(String command) throws IOException {
    RawClient other = client();
    killer.call("MULTI");
    assertThat(((RedisError) killer.call(command.split(" "))).message()).contains("outside of it");
    assertThat(((RedisError) killer.call("EXEC")).message()).startsWith("EXECABORT");
    assertThat(other.call("PING")).isEqualTo("PONG");
  }

  @ParameterizedTest
  @ValueSource(strings = {"CLIENT KILL TYPE normal", "CLIENT UNBLOCK 1"})
  void noSessionThatIsLeftToItsNodeChangesConnectionsOfTheProxy(String command) throws IOException {
    RawClient other = client();
    other.call("SET", "a", "1");
    killer.call("MULTI");
    killer.call("CLIENT", "GETNAME");
    assertThat(((RedisError) killer.call(command.split(" "))).message())
        .contains("is not possible in this state");
    assertThat(killer.closedByPeer()).isTrue();
    assertThat(other.call("PING")).isEqualTo("PONG");
  }

  @Test
  void allOthersAreEndedAtOnce() throws IOException {
    List<RawClient> others = List.of(client(), client(), client());
    assertThat(killer.call("CLIENT", "KILL", "SKIPME", "yes")).isEqualTo(3L);
    for (RawClient other : others) {
      assertThat(other.closedByPeer()).isTrue();
    }
    assertThat(killer.call("PING")).isEqualTo("PONG");
  }

  @Test
  void aClientIsFoundByTheAddressThatTheListTells() throws IOException {
    RawClient other = client();
    String address = field(killer, id(other), "addr");
    assertThat(address).startsWith("127.0.0.1:");
    assertThat(killer.call("CLIENT", "KILL", address)).isEqualTo("OK");
    assertThat(other.closedByPeer()).isTrue();
    assertThat(((RedisError) killer.call("CLIENT", "KILL", address)).message())
        .isEqualTo("ERR No such client");
  }

  @Test
  void clientsAreFoundByThePortTheyCameTo() throws IOException {
    RawClient other = client();
    assertThat(killer.call("CLIENT", "KILL", "LADDR", "127.0.0.1:" + proxy.port())).isEqualTo(1L);
    assertThat(other.closedByPeer()).isTrue();
  }

  @Test
  void whoEndsItselfGetsTheReplyAndNoOther() throws IOException {
    String id = id(killer);
    killer.send("SET a 1\r\nGET a\r\nCLIENT KILL ID " + id + " SKIPME no\r\nSET a 2\r\n");
    assertThat(killer.readText()).isEqualTo("OK");
    assertThat(killer.readText()).isEqualTo("1");
    assertThat(killer.readText()).isEqualTo(1L);
    assertThat(killer.closedByPeer()).isTrue();
    assertThat(group.call(group.master(), "GET", "a")).isEqualTo("1");
  }

  @Test
  void aSessionThatWaitsForAListIsEndedAtTheServerToo() throws IOException {
    RawClient waiting = client();
    String id = id(waiting);
    waiting.sendCommand("BLPOP", "nobody", "0");
    await().until(() -> blockedAtMaster() == 1);
    assertThat(killer.call("CLIENT", "KILL", "ID", id)).isEqualTo(1L);
    assertThat(waiting.closedByPeer()).isTrue();
    await().until(() -> blockedAtMaster() == 0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"QUIT\r\n", "*1\r\n!\r\n"})
  void whoseLastReplyIsSentIsNoClientThoughItHasNotClosed(String last) throws IOException {
    RawClient other = client();
    String id = id(other);
    other.send(last);
    await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> killer.call("CLIENT", "LIST", "ID", id).equals(""));
    assertThat((String) killer.call("CLIENT", "LIST")).hasLineCount(1);
    assertThat(killer.call("CLIENT", "KILL", "ID", id)).isEqualTo(0L);
    assertThat(((RedisError) killer.call("CLIENT", "TRACKING", "ON", "REDIRECT", id)).message())
        .contains("does not exist");
    assertThat(proxy.gauge("redis_proxy.clients")).as("with one whose socket is open").isEqualTo(2);
  }

  @Test
  void aTransactionOfAnEndedSessionIsNotRun() throws IOException {
    RawClient other = client();
    String id = id(other);
    other.call("MULTI");
    other.call("SET", "transaction", "1");
    assertThat(killer.call("CLIENT", "KILL", "ID", id)).isEqualTo(1L);
    assertThat(other.closedByPeer()).isTrue();
    assertThat(killer.call("EXISTS", "transaction")).isEqualTo(0L);
  }

  @Test
  void subscribersAreATypeOfTheirOwn() throws IOException {
    RawClient subscriber = client();
    RawClient normal = client();
    String id = id(subscriber);
    subscriber.call("SUBSCRIBE", "news");
    assertThat((String) killer.call("CLIENT", "LIST", "TYPE", "pubsub"))
        .hasLineCount(1)
        .startsWith("id=" + id + " ")
        .contains(" flags=P ", " cmd=subscribe ");
    assertThat(killer.call("CLIENT", "KILL", "TYPE", "pubsub")).isEqualTo(1L);
    assertThat(subscriber.closedByPeer()).isTrue();
    assertThat(normal.call("PING")).isEqualTo("PONG");
    await().until(() -> killer.call("PUBLISH", "news", "x").equals(0L));
  }

  @Test
  void aReplyForAnEndedClientGoesToNobodyElse() throws IOException {
    killer.call("SET", "mine", "right");
    group.awaitInSync();
    RawClient other = client();
    String id = id(other);
    group.replica(0).pause();
    try {
      other.sendCommand("GET", "nosuch");
      await().until(() -> "get".equals(field(killer, id, "cmd")));
      killer.call("CLIENT", "KILL", "ID", id);
      assertThat(other.closedByPeer()).isTrue();
    } finally {
      group.replica(0).resume();
    }
    assertThat(killer.call("GET", "mine")).isEqualTo("right");
  }

  private RawClient client() throws IOException {
    RawClient client = proxy.connect();
    clients.add(client);
    client.call("PING");
    return client;
  }

  private static String id(RawClient client) throws IOException {
    return client.call("CLIENT", "ID").toString();
  }

  private static String field(RawClient asking, String id, String name) throws IOException {
    String line = (String) asking.call("CLIENT", "LIST", "ID", id);
    return line.replaceAll("(?s).* " + name + "=(\\S*) .*", "$1");
  }

  private static long blockedAtMaster() {
    String info = (String) group.call(group.master(), "INFO", "clients");
    return Long.parseLong(info.replaceAll("(?s).*blocked_clients:(\\d+).*", "$1"));
  }
}
