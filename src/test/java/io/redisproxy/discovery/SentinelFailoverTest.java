package io.redisproxy.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Sentinels;
import io.redisproxy.topology.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients of a listener whose servers three real Sentinels tell, and replace. */
class SentinelFailoverTest {
  private static final Duration FAILOVER = Duration.ofSeconds(30);

  @AutoClose private RedisGroup group;
  private RedisNode old;
  @AutoClose private Sentinels sentinels;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2);
    old = group.master();
    sentinels = Sentinels.start(group, 3);
  }

  @Test
  void aProxyThatStartsWhileTheMasterIsDownReadsAndThenWrites() throws IOException {
    group.call(old, "SET", "a", "1");
    group.awaitInSync();
    sentinels.beHasty();
    old.kill();
    try (TestProxy proxy = proxy();
        RawClient client = proxy.connect()) {
      await().atMost(FAILOVER).until(() -> "OK".equals(client.call("SET", "b", "2")));

      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(client.call("GET", "b")).isEqualTo("2");
    }
  }

  @Test
  void theFormerMasterIsReadFromWhenItIsBackAsAReplica() throws IOException {
    try (TestProxy proxy = proxy();
        RawClient client = proxy.connect()) {
      awaitWritable(proxy);
      sentinels.beHasty();
      old.kill();
      // Sentinels that have not heard of the failover would take it for the master again.
      sentinels.awaitReplaced(old.port());
      await().atMost(FAILOVER).until(() -> "OK".equals(client.call("SET", "a", "1")));
      old.restart();
      // As Sentinels do with one that has been back for ten seconds.
      group.follow(old, Sentinels.masterPort(sentinels.node(0)));

      await()
          .atMost(FAILOVER)
          .until(
              () -> {
                client.call("GET", "a");
                return group.commandCount(old, "get") > 0;
              });
      Topology topology = proxy.group().topology();
      assertThat(topology.role(topology.indexOf(address(old)))).isEqualTo("replica");
      assertThat(topology.memberIndices().count()).isEqualTo(3);
    }
  }

  private TestProxy proxy() {
    return TestProxy.startAtOnce(Map.of(), port -> new ListenerConfig(port, sentinels.config()));
  }

  private static void awaitWritable(TestProxy proxy) throws IOException {
    try (RawClient client = proxy.connect()) {
      await().until(() -> "OK".equals(client.call("SET", "first", "1")));
    }
  }

  private static NodeAddress address(RedisNode node) {
    return new NodeAddress(node.host(), node.port());
  }
}
