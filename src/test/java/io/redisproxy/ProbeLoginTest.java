package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.Credentials;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.topology.NodeState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers that decide who may come in, behind a listener that only knows a user for its probes. */
class ProbeLoginTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(2, "--requirepass", "secret");
    onEveryNode("ACL", "SETUSER", "probe", "on", ">health", "+ping", "+info");
    onEveryNode("ACL", "SETUSER", "app", "on", ">app", "+@all", "~app:*");
    proxy = TestProxy.start(group, Map.of("event-loops", "1"), ProbeLoginTest::withProbe);
  }

  private static ListenerConfig withProbe(ListenerConfig config) {
    return ListenerBuilder.like(config).probe(new Credentials("probe", "health")).build();
  }

  private static void onEveryNode(String... command) {
    everyNode().forEach(node -> group.call(node, command));
  }

  private static Stream<RedisNode> everyNode() {
    return Stream.concat(Stream.of(group.master()), group.replicas().stream());
  }

  @BeforeEach
  void resetStats() {
    group.resetStats();
  }

  @Test
  void replicasServeTheReadsOfUsersAndSeeTheirWrites() throws IOException {
    try (RawClient client = proxy.connect()) {
      assertThat(client.call("AUTH", "app", "app")).isEqualTo("OK");
      for (int i = 0; i < 100; i++) {
        assertThat(client.call("SET", "app:a", "" + i)).isEqualTo("OK");
        assertThat(client.call("GET", "app:a")).isEqualTo("" + i);
      }
      for (RedisNode replica : group.replicas()) {
        await()
            .until(
                () -> {
                  assertThat(client.call("GET", "app:a")).isEqualTo("99");
                  return group.commandCount(replica, "get") > 0;
                });
      }
      assertThat(((RedisError) client.call("GET", "b")).message()).startsWith("NOPERM");
      assertThat(client.call("ACL", "WHOAMI")).isEqualTo("app");
    }
  }

  @Test
  void whoHasNotSaidAPasswordIsNobody() throws IOException {
    try (RawClient client = proxy.connect()) {
      for (String line :
          List.of("GET a", "SET a 1", "INFO", "PING", "SELECT 1", "MULTI", "SCAN 0")) {
        assertThat(((RedisError) client.call(line.split(" "))).message())
            .as(line)
            .isEqualTo("NOAUTH Authentication required.");
      }
      assertThat(((RedisError) client.call("AUTH", "probe", "x")).message())
          .startsWith("WRONGPASS");
    }
  }

  @Test
  void theProxyItselfTellsAndDoesNothingForThem() throws IOException {
    try (RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      Object id = other.call("CLIENT", "ID");
      for (String line :
          List.of(
              "CLIENT LIST",
              "CLIENT KILL ID " + id,
              "PROXY CLIENTS",
              "PROXY TOPOLOGY",
              "PROXY SLOWLOG GET",
              "PROXY SLOWLOG RESET",
              "PROXY HOTKEYS",
              "PROXY BIGKEYS")) {
        assertThat(((RedisError) client.call(line.split(" "))).message())
            .as(line)
            .isEqualTo("NOAUTH Authentication required.");
      }
      client.call("AUTH", "app", "app");
      assertThat(other.call("CLIENT", "ID")).isEqualTo(id);
      assertThat(client.call("PROXY", "HOTKEYS")).isInstanceOf(List.class);
      assertThat(client.call("CLIENT", "KILL", "ID", id.toString())).isEqualTo(1L);
      assertThat(other.closedByPeer()).isTrue();
    }
  }

  @Test
  void aUserWhoMayNotIsRefusedInTheServersWordsAndInTurn() throws IOException {
    onEveryNode("ACL", "SETUSER", "meek", "on", ">m", "+@all", "-client", "-slowlog", "~*");
    try (RawClient client = proxy.connect();
        RawClient atServer = new RawClient(group.master().port())) {
      for (RawClient each : List.of(client, atServer)) {
        each.call("AUTH", "meek", "m");
        each.send("SET a 1\r\nCLIENT LIST\r\nCLIENT KILL ID 9999999\r\nGET a\r\n");
        each.send("CLIENT UNBLOCK 9999999\r\nCLIENT NO-EVICT ON\r\nGET a\r\n");
      }
      for (int i = 0; i < 7; i++) {
        assertThat(client.readReply()).isEqualTo(atServer.readReply());
      }
      assertThat(((RedisError) client.call("PROXY", "SLOWLOG", "LEN")).message())
          .startsWith("NOPERM")
          .contains("slowlog|len");
      assertThat(client.call("PROXY", "TOPOLOGY")).isInstanceOf(List.class);
    }
  }

  @Test
  void whoseRightsNobodyKnowsIsShownNoMoreThanWhereTheServersAre() throws IOException {
    try (RedisGroup lost = RedisGroup.start(1);
        TestProxy before = TestProxy.start(lost);
        RawClient client = before.connect()) {
      lost.master().kill();
      lost.replica(0).kill();
      await().until(() -> before.group().topology().nodes().stream().noneMatch(NodeState::answers));
      assertThat(client.call("PROXY", "TOPOLOGY")).isInstanceOf(List.class);
      assertThat(((RedisError) client.call("CLIENT", "LIST")).message())
          .contains("can't be reached");
    }
  }
}
