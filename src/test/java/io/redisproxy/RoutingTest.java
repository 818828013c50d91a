package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RoutingTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private RawClient client;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(2);
    proxy = TestProxy.start(group, Map.of(), TestProxy::eventual);
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    group.awaitInSync();
    group.resetStats();
    client = proxy.connect();
  }

  @Test
  void writesGoToTheMasterAndReadsToTheReplicasInTurn() throws IOException {
    assertThat(client.call("SET", "key", "value")).isEqualTo("OK");
    group.awaitInSync();
    for (int i = 0; i < 10; i++) {
      assertThat(client.call("GET", "key")).isEqualTo("value");
    }
    assertThat(group.commandCount(group.master(), "get")).isZero();
    assertThat(group.commandCount(group.replica(0), "get")).isEqualTo(5);
    assertThat(group.commandCount(group.replica(1), "get")).isEqualTo(5);
    assertThat(proxy.counted("redis_proxy.requests", "class", "read", "role", "replica"))
        .isGreaterThanOrEqualTo(10);
  }

  @Test
  void aPipelineOfReadsIsNotTornApart() throws IOException {
    client.send("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n".repeat(100));
    for (int i = 0; i < 100; i++) {
      assertThat(client.readText()).isNull();
    }
    assertThat(
            List.of(
                group.commandCount(group.replica(0), "get"),
                group.commandCount(group.replica(1), "get")))
        .containsExactlyInAnyOrder(100L, 0L);
  }

  @Test
  void readsBehindWritesThatAreStillOnTheirWaySeeThem() throws IOException {
    // In one piece: once a write is answered, a read behind it may go to a replica here.
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      pipeline.append("SET key v").append(i).append("\r\nGET key\r\n");
    }
    client.send(pipeline.toString());
    for (int i = 0; i < 50; i++) {
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("v" + i);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SORT list",
        "BITFIELD key GET u8 0",
        "GETEX key",
        "GETDEL key",
        "GETSET key v",
        "SPOP set",
        "GEORADIUS geo 1 1 1 km",
        "TOUCH key",
        "COPY a b",
        "EVAL return(1) 0",
        "XREADGROUP GROUP g c STREAMS s >",
        "OBJECT FREQ key",
        "NOSUCHCOMMAND key"
      })
  void whatOnlyLooksLikeAReadGoesToTheMaster(String command) throws IOException {
    Object reply = client.call(command.split(" "));
    assertThat(reply)
        .as(command)
        .isNotEqualTo(new RedisError("READONLY You can't write against a read only replica."));
    String name = command.split(" ")[0].toLowerCase(java.util.Locale.ROOT);
    assertThat(group.commandCount(group.replica(0), name)).isZero();
    assertThat(group.commandCount(group.replica(1), name)).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET key",
        "get key",
        "MGET a b",
        "KEYS *",
        "EXISTS a",
        "SCARD set",
        "INFO server",
        "SORT_RO list",
        "BITFIELD_RO key GET u8 0",
        "OBJECT ENCODING key",
        "XREAD STREAMS s 0",
        "ZUNION 1 z",
        "EVAL_RO return(1) 0",
        "STRLEN key",
        "TTL key",
        "DBSIZE"
      })
  void readsReachAReplica(String command) throws IOException {
    double before = proxy.counted("redis_proxy.requests", "class", "read", "role", "replica");
    client.call(command.split(" "));
    assertThat(proxy.counted("redis_proxy.requests", "class", "read", "role", "replica"))
        .as(command)
        .isEqualTo(before + 1);
  }

  @Test
  void anUnknownCommandIsAnsweredByTheServer() throws IOException {
    assertThat(client.call("LENGTH", "key")).isEqualTo(direct("LENGTH", "key"));
    assertThat(client.call("NOSUCH", "a b", "c")).isEqualTo(direct("NOSUCH", "a b", "c"));
    assertThat(client.call("client", "nosuch")).isEqualTo(direct("client", "nosuch"));
    assertThat(client.call("GET")).isEqualTo(direct("GET"));
    assertThat(client.call("")).isEqualTo(direct(""));
  }

  private static Object direct(String... command) {
    try (RawClient server = new RawClient(group.master().port())) {
      return server.call(command);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
