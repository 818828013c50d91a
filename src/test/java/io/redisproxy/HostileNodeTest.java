package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.FakeNode;
import io.redisproxy.fixture.LeakWatch;
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

/** Nodes that answer what they should not, or hang up. */
class HostileNodeTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  @AutoClose private static RedisGroup group;
  @AutoClose private FakeNode replica;
  @AutoClose private TestProxy proxy;

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(0);
  }

  @BeforeEach
  void start() {
    replica = new FakeNode();
    proxy =
        TestProxy.start(
            Map.of(
                "event-loops", "1",
                "probe.interval", "200ms",
                "node.reconnect-min", "2s",
                "node.reconnect-max", "2s"),
            // Reads are to go to a node that shares no history with the master.
            TestProxy::eventual,
            group.master().port(),
            replica.port());
  }

  @Test
  void aNodeThatHasNoPlaceForMoreClientsIsNotStormed() throws IOException {
    replica.greetAndClose("-ERR max number of clients reached\r\n");
    replica.closeConnections();
    awaitFewConnections();
    try (RawClient client = proxy.connect()) {
      assertThat(client.call("GET", "a")).isNull();
    }
  }

  @Test
  void aNodeThatIsNoRedisIsNotStormedEither() throws IOException {
    replica.greetAndClose("SSH-2.0-OpenSSH_9.2\r\n");
    replica.closeConnections();
    awaitFewConnections();
    try (RawClient client = proxy.connect()) {
      assertThat(client.call("GET", "a")).isNull();
    }
  }

  @Test
  void whatANodeAnswersTooMuchGoesToNobody() throws IOException {
    replica.answer("+FAKE\r\n+TOO MUCH\r\n");
    try (RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      assertThat(client.call("GET", "a")).isEqualTo("FAKE");
      replica.answer("+RIGHT\r\n");
      for (int i = 0; i < 10; i++) {
        assertThat(other.call("GET", "a")).isIn("RIGHT", null);
        assertThat(client.call("GET", "a")).isIn("RIGHT", null);
      }
    }
  }

  @Test
  void anAnswerThatIsNoReplyGoesToNobody() throws IOException {
    replica.answer("HTTP/1.1 400 Bad Request\r\n\r\n");
    try (RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      assertThat(client.call("GET", "a")).isNull();
      assertThat(other.call("SET", "a", "1")).isEqualTo("OK");
      replica.answer("+RIGHT\r\n");
      assertThat(other.call("GET", "a")).isIn("RIGHT", "1");
    } finally {
      group.flushAll();
    }
  }

  @Test
  void aNodeThatClosesIdleConnectionsIsConnectedAgainAtOnce() {
    for (int i = 0; i < 3; i++) {
      int before = replica.accepted();
      replica.closeConnections();
      // One for requests, one for probes.
      await().atMost(SECOND).until(() -> replica.accepted() >= before + 2);
      // It stays idle for longer than the longest pause between attempts.
      await().pollDelay(Duration.ofMillis(2200)).until(() -> true);
    }
  }

  @Test
  void garbageBeforeAPinnedSessionIsReadyEndsItWithAnError() throws IOException {
    try (LeakWatch leaks = new LeakWatch();
        FakeNode master = new FakeNode();
        TestProxy pinning = startBefore(master);
        RawClient client = pinning.connect()) {
      client.call("CLIENT", "SETNAME", "somebody");
      master.answer("garbage\r\n");
      client.sendCommand("MULTI");
      assertThat(((RedisError) client.readReply()).message()).contains("redis-proxy");
      assertThat(client.closedByPeer()).isTrue();
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void garbageInPlaceOfTheReplyToAWriteIsAnErrorAndTheClientStays() throws IOException {
    try (FakeNode master = new FakeNode();
        TestProxy proxy = startBefore(master);
        RawClient client = proxy.connect()) {
      for (String garbage : List.of("garbage\r\n", "*x\r\n", "$x\r\n")) {
        master.answer(garbage);
        RedisError error = (RedisError) client.call("SET", "a", "1");
        assertThat(error.message())
            .contains("not the Redis protocol", "the command may have been executed");
        master.answer("+RIGHT\r\n");
        await().until(() -> "RIGHT".equals(client.call("SET", "a", "1")));
      }
    }
  }

  private static TestProxy startBefore(FakeNode master) {
    master.role("master");
    return TestProxy.start(Map.of(), master.port());
  }

  private void awaitFewConnections() {
    double before = connects();
    // Longer than the longest pause, after which the storm would begin.
    await().during(Duration.ofSeconds(4)).until(() -> connects() < before + 8);
  }

  private double connects() {
    return proxy.counted("redis_proxy.node.connects", "node", "127.0.0.1:" + replica.port());
  }
}
