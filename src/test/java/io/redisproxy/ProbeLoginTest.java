package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.Credentials;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Servers that decide who may come in, behind a listener that only knows a user for its probes. */
class ProbeLoginTest {
  private static RedisGroup group;
  private static TestProxy proxy;

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

  @AfterAll
  static void stop() {
    proxy.close();
    group.close();
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
}
