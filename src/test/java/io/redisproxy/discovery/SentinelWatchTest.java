package io.redisproxy.discovery;

import static io.redisproxy.fixture.Sentinels.SERVICE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.SentinelConfig;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Sentinels;
import io.redisproxy.upstream.ConnectionLimit;
import io.redisproxy.upstream.NodeConnector;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With real Sentinels, which make real failovers. */
class SentinelWatchTest {
  private record Told(NodeAddress master, Set<NodeAddress> nodes) {}

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final List<Told> told = new CopyOnWriteArrayList<>();
  @AutoClose private RedisGroup group;
  @AutoClose private Sentinels sentinels;
  private SentinelWatch watch;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2);
    sentinels = Sentinels.start(group, 3);
  }

  @AfterEach
  void stop() {
    if (watch != null) {
      context.runOnContext(nothing -> watch.close());
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void theNodesAreThoseThatTheSentinelsKnow() {
    watch(sentinels.ports());

    await().until(() -> !told.isEmpty());
    assertThat(told).containsExactly(new Told(address(group.master()), addresses(group)));
  }

  @Test
  void aFailoverIsToldAtOnceWhoeverOfTheSentinelsWasNamed() {
    // Polling alone would be too late.
    watch(Duration.ofSeconds(30), sentinels.ports()[0]);
    await().until(() -> !told.isEmpty());
    // The others are found with the first answers.
    RedisNode old = group.master();
    sentinels.beHasty();
    old.kill();

    await().until(() -> Sentinels.masterPort(sentinels.node(0)) != old.port());
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> last().master().port() == Sentinels.masterPort(sentinels.node(0)));
    assertThat(last().nodes()).isEqualTo(addresses(group));
  }

  @Test
  void aReplicaThatComesLaterIsFound() {
    watch(sentinels.ports());
    await().until(() -> !told.isEmpty());

    try (RedisNode late =
        RedisNode.start(List.of("--replicaof", "127.0.0.1", "" + group.master().port()))) {
      await().atMost(Duration.ofSeconds(20)).until(() -> last().nodes().contains(address(late)));
      assertThat(last().nodes()).hasSize(4);
    }
  }

  @Test
  void withoutSentinelsNothingChangesUntilTheyAreBack() {
    watch(sentinels.ports());
    await().until(() -> !told.isEmpty());
    NodeAddress old = address(group.master());
    sentinels.beHasty();
    for (int i = 0; i < 3; i++) {
      sentinels.node(i).kill();
    }
    group.master().kill();
    group.promote(group.replica(0));
    // Some questions that nobody answers.
    await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
    assertThat(told).extracting(Told::master).containsExactly(old);

    for (int i = 0; i < 3; i++) {
      sentinels.node(i).restart();
    }
    await().atMost(Duration.ofSeconds(30)).until(() -> !last().master().equals(old));
  }

  @Test
  void aSentinelWithAnotherServiceOfThatNameMisleadsNobody() {
    try (RedisNode stranger = RedisNode.start(List.of());
        RedisNode liar =
            Sentinels.startOne(stranger.port(), 1, "sentinel config-epoch " + SERVICE + " 1000")) {
      int[] ports = Arrays.copyOf(sentinels.ports(), 4);
      ports[3] = liar.port();
      watch(ports);
      await().until(() -> !told.isEmpty());
      RedisNode old = group.master();
      sentinels.beHasty();
      old.kill();
      await().atMost(Duration.ofSeconds(20)).until(() -> !last().master().equals(address(old)));

      assertThat(told).extracting(Told::master).doesNotContain(address(stranger));
      assertThat(last().nodes()).doesNotContain(address(stranger)).hasSize(3);
    }
  }

  @Test
  void aSentinelThatIsTheOnlyOneIsBelieved() {
    try (RedisNode only = Sentinels.startOne(group.master().port(), 1)) {
      watch(only.port());
      await().until(() -> !told.isEmpty());
      assertThat(last().master()).isEqualTo(address(group.master()));
    }
  }

  private void watch(int... ports) {
    watch(Duration.ofMillis(200), ports);
  }

  private void watch(Duration interval, int... ports) {
    SentinelConfig config =
        new SentinelConfig(
            SERVICE,
            Arrays.stream(ports).mapToObj(port -> new NodeAddress("127.0.0.1", port)).toList(),
            Optional.empty());
    context.runOnContext(
        nothing -> {
          watch =
              new SentinelWatch(
                  "6380",
                  config,
                  node -> null,
                  new NodeConnector(
                      vertx,
                      new NodeConnector.Options(
                          Duration.ofSeconds(1), Duration.ofSeconds(10), List.of()),
                      new ConnectionLimit(Integer.MAX_VALUE)),
                  new SentinelWatch.Options(interval, Duration.ofSeconds(1)));
          watch.start((nodes, master, zones) -> told.add(new Told(master, Set.copyOf(nodes))));
        });
  }

  private Told last() {
    return told.get(told.size() - 1);
  }

  private static NodeAddress address(RedisNode node) {
    return new NodeAddress(node.host(), node.port());
  }

  private static Set<NodeAddress> addresses(RedisGroup group) {
    Set<NodeAddress> all = new HashSet<>();
    all.add(address(group.master()));
    group.replicas().forEach(replica -> all.add(address(replica)));
    return all;
  }
}
