package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ReadPolicy;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Where reads go by a listener's policy, weights and zones, as the servers count them. */
class ReadPolicyTest {
  private static final int READS = 60;

  @AutoClose private static RedisGroup group;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(2);
  }

  @Test
  void weightsAreShares() throws Exception {
    try (TestProxy proxy =
        start(
            config ->
                new ReadPreference(
                    ReadPolicy.ROUND_ROBIN,
                    false,
                    Map.of(config.replicas().get(0), 3),
                    Map.of()))) {
      assertThat(readsByNode(proxy)).containsExactly(0L, 45L, 15L);
    }
  }

  @Test
  void theMasterTakesAShare() throws Exception {
    try (TestProxy proxy =
        start(config -> new ReadPreference(ReadPolicy.ROUND_ROBIN, true, Map.of(), Map.of()))) {
      assertThat(readsByNode(proxy)).containsExactly(20L, 20L, 20L);
      assertThat(proxy.counted("redis_proxy.reads", "reason", "share")).isEqualTo(20);
    }
  }

  @Test
  void theOwnZoneIsPreferredUntilNoneOfItIsHealthy() throws Exception {
    List<RedisNode> nodes = group.replicas();
    try (Relay near = Relay.to(nodes.get(0).port());
        TestProxy proxy =
            TestProxy.start(
                Map.of("zone", "a", "probe.interval", "100ms"),
                config ->
                    TestProxy.preferring(
                        config,
                        new ReadPreference(
                            ReadPolicy.ROUND_ROBIN,
                            false,
                            Map.of(),
                            Map.of(config.replicas().get(0), "a", config.replicas().get(1), "b"))),
                group.master().port(),
                near.port(),
                nodes.get(1).port())) {
      assertThat(readsByNode(proxy)).containsExactly(0L, 60L, 0L);
      near.close();
      await().untilAsserted(() -> assertThat(readsByNode(proxy)).containsExactly(0L, 0L, 60L));
    }
  }

  @Test
  void aSlowReplicaGetsFewReadsByLatencyOrByWhatItOwes() throws Exception {
    for (ReadPolicy policy : List.of(ReadPolicy.LOWEST_LATENCY, ReadPolicy.LEAST_PENDING)) {
      try (Relay slow = Relay.to(group.replica(0).port())) {
        slow.delayReplies(Duration.ofMillis(50));
        try (TestProxy proxy =
            TestProxy.start(
                Map.of("event-loops", "1"),
                config ->
                    TestProxy.preferring(
                        config, new ReadPreference(policy, false, Map.of(), Map.of())),
                group.master().port(),
                slow.port(),
                group.replica(1).port())) {
          List<RawClient> clients = new ArrayList<>();
          for (int i = 0; i < 8; i++) {
            clients.add(proxy.connect());
          }
          List<Long> reads = readsByNode(clients);
          assertThat(reads.get(1)).as("%s: %s", policy, reads).isLessThan(reads.get(2) / 2);
          RawClient.closeAll(clients);
        }
      }
    }
  }

  @Test
  void aClientKeepsItsReplica() throws Exception {
    try (TestProxy proxy =
        start(config -> new ReadPreference(ReadPolicy.STICKY, false, Map.of(), Map.of()))) {
      boolean[] seen = new boolean[2];
      for (int i = 0; i < 40 && !(seen[0] && seen[1]); i++) {
        List<Long> reads = readsByNode(proxy);
        assertThat(reads.get(0)).isZero();
        assertThat(reads.subList(1, 3)).containsOnlyOnce(60L).containsOnlyOnce(0L);
        seen[reads.get(1) > 0 ? 0 : 1] = true;
      }
      assertThat(seen).as("other clients have the other one").containsExactly(true, true);
    }
  }

  private static TestProxy start(Function<ListenerConfig, ReadPreference> preference) {
    return TestProxy.start(
        group,
        Map.of("event-loops", "1"),
        config -> TestProxy.preferring(config, preference.apply(config)));
  }

  private static List<Long> readsByNode(TestProxy proxy) throws Exception {
    try (RawClient client = proxy.connect()) {
      return readsByNode(List.of(client));
    }
  }

  /** How many of the reads were each node's, the master first. */
  private static List<Long> readsByNode(List<RawClient> clients) throws Exception {
    group.resetStats();
    ExecutorService threads = Executors.newFixedThreadPool(clients.size());
    try {
      List<Callable<Void>> readers = clients.stream().map(ReadPolicyTest::reader).toList();
      for (Future<Void> reader : threads.invokeAll(readers)) {
        reader.get();
      }
    } finally {
      threads.shutdownNow();
    }
    List<RedisNode> nodes = new ArrayList<>(List.of(group.master()));
    nodes.addAll(group.replicas());
    return nodes.stream().map(node -> group.commandCount(node, "get")).toList();
  }

  /** Reads one after the other, as fast as it is answered. */
  private static Callable<Void> reader(RawClient client) {
    return () -> {
      for (int i = 0; i < READS; i++) {
        assertThat(client.call("GET", "nothing")).isNull();
      }
      return null;
    };
  }
}
