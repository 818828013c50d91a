package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A connection beside that of a large reply, to a node that does not let it in, or not yet. */
class ConnectionBesideTest {
  /** More than the kernel and the proxy keep for a client that takes nothing. */
  private static final int LARGE = 32 * 1024 * 1024;

  @AutoClose private static RedisGroup group;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient slow;
  @AutoClose private RawClient first;
  @AutoClose private RawClient second;

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(1);
    group.call(group.master(), "SET", "large", "x".repeat(LARGE));
    group.call(group.master(), "SET", "key", "value");
    group.awaitInSync();
  }

  @Test
  void readsWaitBehindTheLargeReplyWhereThereIsNoPlace() throws IOException {
    start(group.master().port(), group.replica(0).port());
    occupy();
    try (RawClient admin = new RawClient(group.replica(0).port())) {
      admin.call("CONFIG", "SET", "maxclients", "1");
      try {
        first.send(RawClient.requests("GET key", "GET none", "GET key"));
        await().until(() -> proxy.counted("redis_proxy.node.connection.losses") > 0);
        second.sendCommand("GET", "key");
        takeLargeReply();
        assertThat(first.readText()).isEqualTo("value");
        assertThat(first.readText()).isNull();
        assertThat(first.readText()).isEqualTo("value");
        assertThat(second.readText()).isEqualTo("value");
        assertThat(proxy.counted("redis_proxy.topology.changes", "change", "down")).isZero();
      } finally {
        admin.call("CONFIG", "SET", "maxclients", "1000");
      }
    }
  }

  @Test
  void readsWaitUntilItIsLetIn() throws IOException {
    try (Relay relay = Relay.to(group.replica(0).port())) {
      start(group.master().port(), relay.port());
      occupy();
      double before = proxy.counted("redis_proxy.requests");
      relay.stall();
      first.sendCommand("GET", "key");
      await().until(() -> proxy.counted("redis_proxy.requests") == before + 1);
      second.sendCommand("GET", "key");
      await().until(() -> proxy.counted("redis_proxy.requests") == before + 2);
      relay.resume();
      assertThat(first.readText()).isEqualTo("value");
      assertThat(second.readText()).isEqualTo("value");
      takeLargeReply();
    }
  }

  /** In front of nodes, of which the master takes no reads. */
  private void start(int master, int replica) throws IOException {
    Resilience resilience =
        new Resilience(Duration.ofMinutes(1), 3, MasterFallback.NEVER, Duration.ZERO);
    proxy =
        TestProxy.start(
            Map.of(
                "event-loops", "1",
                "probe.timeout", "1m",
                "client.output-limit", "1M",
                "client.slow-timeout", "1m"),
            config -> TestProxy.eventual(TestProxy.resilient(resilience).apply(config)),
            master,
            replica);
    slow = proxy.connect();
    first = proxy.connect();
    second = proxy.connect();
  }

  /** A client begins to take a large reply. */
  private void occupy() throws IOException {
    slow.sendCommand("GET", "large");
    assertThat(slow.readLine()).isEqualTo("$" + LARGE);
  }

  private void takeLargeReply() throws IOException {
    assertThat(slow.read(LARGE + 2)).hasSize(LARGE + 2);
  }
}
