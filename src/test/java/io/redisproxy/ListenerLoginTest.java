package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.Credentials;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers with a password that the proxy knows, behind a listener with a password of its own. */
class ListenerLoginTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private static TestProxy open;
  private RawClient client;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1, "--requirepass", "secret");
    proxy = start(Optional.of(new Credentials("default", "door")));
    open = start(Optional.empty());
  }

  private static TestProxy start(Optional<Credentials> auth) {
    return TestProxy.start(
        group,
        Map.of(),
        config ->
            ListenerBuilder.like(config)
                .credentials(new Credentials("default", "secret"))
                .auth(auth)
                .build());
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    client = proxy.connect();
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET a",
        "SET a 1",
        "MULTI",
        "SUBSCRIBE c",
        "MONITOR",
        "BLPOP l 0",
        "CLIENT LIST",
        "CLIENT KILL TYPE normal",
        "SCAN 0",
        "NOSUCH",
        "SELECT 1",
        "PING",
        "SCRIPT LOAD x",
        "PSYNC ? -1"
      })
  void nothingIsDoneBeforeThePassword(String line) throws IOException {
    for (int i = 0; i < 2; i++) {
      assertThat(((RedisError) client.call(line.split(" "))).message())
          .isEqualTo("NOAUTH Authentication required.");
      assertThat(client.call("RESET")).isEqualTo("RESET");
    }
    assertThat(client.call("QUIT")).isEqualTo("OK");
    assertThat(client.closedByPeer()).isTrue();
  }

  @Test
  void aWrongPasswordOpensNothingAndIsCounted() throws IOException {
    double before = proxy.counted("redis_proxy.errors", "kind", "login");
    String wrong = "WRONGPASS invalid username-password pair or user is disabled.";
    for (String line :
        List.of(
            "AUTH doo",
            "AUTH doorx",
            "AUTH secret",
            "AUTH nobody door",
            "HELLO 3 AUTH default x")) {
      assertThat(((RedisError) client.call(line.split(" "))).message()).isEqualTo(wrong);
    }
    assertThat(((RedisError) client.call("HELLO", "3")).message()).startsWith("NOAUTH HELLO");
    assertThat(((RedisError) client.call("GET", "a")).message()).startsWith("NOAUTH");
    assertThat(proxy.counted("redis_proxy.errors", "kind", "login")).isEqualTo(before + 5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"AUTH door", "AUTH default door", "HELLO 3 AUTH default door SETNAME me"})
  void theRightPasswordOpensUntilReset(String line) throws IOException {
    client.send(line + "\r\nSET a 1\r\nSELECT 1\r\nSET a 2\r\nGET a\r\nRESET\r\nGET a\r\n");
    assertThat(client.readReply()).isNotInstanceOf(RedisError.class);
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("2");
    assertThat(client.readText()).isEqualTo("RESET");
    assertThat(((RedisError) client.readText()).message()).startsWith("NOAUTH");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"MULTI;SELECT 1", "MONITOR", "MULTI;CLIENT GETNAME", "SUBSCRIBE c", "WATCH a"})
  void resetLocksASessionThatHasAConnectionOfItsOwn(String lines) throws IOException {
    client.call("AUTH", "door");
    for (String line : lines.split(";")) {
      client.call(line.split(" "));
    }
    client.send("RESET\r\nGET a\r\nAUTH secret\r\nAUTH door\r\nGET a\r\n");
    while (!"RESET".equals(client.readText())) {
      // A monitor sees its own commands.
    }
    assertThat(((RedisError) client.readText()).message()).startsWith("NOAUTH");
    assertThat(((RedisError) client.readText()).message()).startsWith("WRONGPASS");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"AUTH secret", "HELLO 3 AUTH default secret", "AUTH door"})
  void nobodyTalksToTheServersAboutPasswordsBehindTheDoor(String line) throws IOException {
    client.call("AUTH", "door");
    client.call("MULTI");
    client.call("CLIENT", "GETNAME");
    client.send(line + "\r\n");
    assertThat(client.readToEnd()).startsWith("-ERR redis-proxy: ");
  }

  @Test
  void sessionsThatBringNoPasswordUseTheListenersAndOthersTheirOwn() throws IOException {
    try (RawClient free = open.connect()) {
      assertThat(free.call("SET", "a", "1")).isEqualTo("OK");
      assertThat(free.call("SELECT", "1")).isEqualTo("OK");
      assertThat(((RedisError) free.call("AUTH", "door")).message()).startsWith("WRONGPASS");
      assertThat(free.call("SET", "a", "2")).isEqualTo("OK");
      assertThat(free.call("AUTH", "secret")).isEqualTo("OK");
      assertThat(free.call("GET", "a")).isEqualTo("2");
      assertThat((List<?>) free.call("HELLO", "3", "AUTH", "default", "secret")).isNotEmpty();
      free.call("MULTI");
      free.call("CLIENT", "GETNAME");
      assertThat(free.call("RESET")).isEqualTo("RESET");
      assertThat(free.call("GET", "a")).isEqualTo("1");
    }
  }

  @Test
  void aLargeRequestBeforeThePasswordEndsTheSession() throws IOException {
    client.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$200000\r\nxxx");
    assertThat(client.readToEnd()).startsWith("-");
    assertThat(group.call(group.master(), "EXISTS", "a")).isEqualTo(0L);
  }
}
