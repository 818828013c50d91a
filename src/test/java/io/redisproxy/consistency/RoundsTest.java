package io.redisproxy.consistency;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoop;
import io.redisproxy.config.HealthLimits;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Probed;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.ConnectionLimit;
import io.redisproxy.upstream.NodeConnector;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RoundsTest {
  private static final int MASTER = NodeGroup.MASTER;
  private static final int REPLICA = 1;

  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final WriteTable table = new WriteTable();
  private final LoopWrites writes = table.newPart();
  private final NodeGroup nodes = new NodeGroup("6380", HealthLimits.DEFAULT);
  private RedisGroup group;

  /** Between the replica and its master. */
  private Relay replication;

  /** Between the sampler and the nodes. */
  private Relay toMaster;

  private Relay toReplica;
  private Rounds rounds;
  private EventLoop loop;

  @BeforeEach
  void start() throws Exception {
    group = RedisGroup.start(1, "--repl-ping-replica-period", "3600");
    replication = Relay.to(group.master().port());
    group.follow(group.replica(0), replication.port());
    group.awaitInSync();
    toMaster = Relay.to(group.master().port());
    toReplica = Relay.to(group.replica(0).port());
    NodeAddress named = new NodeAddress("127.0.0.1", toMaster.port());
    nodes.configure(List.of(named, new NodeAddress("127.0.0.1", toReplica.port())), named);
    CompletableFuture<Rounds> made = new CompletableFuture<>();
    ContextInternal context = (ContextInternal) vertx.getOrCreateContext();
    loop = context.nettyEventLoop();
    context.runOnContext(
        nothing -> {
          Rounds starting =
              new Rounds(
                  nodes,
                  node -> null,
                  table,
                  new NodeConnector(
                      vertx,
                      new NodeConnector.Options(
                          Duration.ofSeconds(1), Duration.ofSeconds(10), List.of()),
                      new ConnectionLimit(Integer.MAX_VALUE)),
                  loop,
                  new ProxyMeters(registry).rounds("6380"),
                  new Rounds.Options(Duration.ofMillis(1), Duration.ofSeconds(1)));
          starting.start();
          made.complete(starting);
        });
    rounds = made.get();
    await().until(() -> rounds.reached(REPLICA) > 0);
    // Valkey 9.1 takes a second to sync, after which it counts that nobody has read.
    writes.onRead();
  }

  @AfterEach
  void stop() {
    loop.submit(rounds::close).syncUninterruptibly();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    group.close();
    toMaster.close();
    toReplica.close();
    replication.close();
  }

  @Test
  void aReadIsAllowedWhenTheReplicaHasTheWriteAndNotBefore() throws Exception {
    try (RawClient master = new RawClient(group.master().port());
        RawClient replica = new RawClient(group.replica(0).port())) {
      for (int i = 1; i <= 300; i++) {
        // 0 to 19 ms, so that some writes come before, some within and some after a round.
        replication.delayReplies(Duration.ofMillis(i * 7 % 20));
        write(master, "key", "" + i);
        while (!mayRead("key")) {
          Thread.onSpinWait();
        }
        assertThat(replica.call("GET", "key")).isEqualTo("" + i);
      }
    }
  }

  @Test
  void aReadWaitsAsLongAsTheReplicaIsBehind() throws Exception {
    try (RawClient master = new RawClient(group.master().port());
        RawClient replica = new RawClient(group.replica(0).port())) {
      replication.delayReplies(Duration.ofMillis(300));
      for (int i = 1; i <= 5; i++) {
        write(master, "key", "" + i);
        long acknowledged = System.nanoTime();
        assertThat(mayRead("key")).isFalse();
        assertThat(mayRead("other")).isTrue();
        while (!mayRead("key")) {
          Thread.onSpinWait();
        }
        assertThat(replica.call("GET", "key")).isEqualTo("" + i);
        assertThat(System.nanoTime() - acknowledged).isBetween(250_000_000L, 600_000_000L);
      }
    }
    Timer reached = registry.get("redis_proxy.write.reached").timer();
    assertThat(reached.count()).isGreaterThanOrEqualTo(5);
    assertThat(reached.max(TimeUnit.MILLISECONDS)).isGreaterThan(250.0);
    assertThat(registry.get("redis_proxy.rounds").functionCounter().count()).isPositive();
  }

  @Test
  void roundsAreFewWhileNoReadWaitsForThem() throws Exception {
    try (RawClient master = new RawClient(group.master().port())) {
      writes.onRead();
      long before = rounds.started();
      long end = System.nanoTime() + 300_000_000;
      while (System.nanoTime() < end) {
        write(master, "key", "1");
      }
      assertThat(rounds.started() - before).isBetween(10L, 40L);
    }
  }

  @Test
  void roundsGoOnWhileTheReplicaIsBehind() throws Exception {
    try (RawClient master = new RawClient(group.master().port())) {
      replication.delayReplies(Duration.ofMillis(300));
      long before = rounds.started();
      write(master, "first", "1");
      while (!mayRead("first")) {
        write(master, "other", "1");
      }
      assertThat(mayRead("other")).isFalse();
      assertThat(rounds.started() - before).isGreaterThan(50);
    }
  }

  @Test
  void whenNothingIsWrittenNothingIsAsked() throws Exception {
    try (RawClient master = new RawClient(group.master().port())) {
      write(master, "key", "1");
      await().until(() -> mayRead("key"));
      long toMasterBefore = toMaster.requestBytes();
      long toReplicaBefore = toReplica.requestBytes();
      await()
          .during(Duration.ofMillis(300))
          .until(
              () ->
                  toMaster.requestBytes() == toMasterBefore
                      && toReplica.requestBytes() == toReplicaBefore);
      assertThat(toMasterBefore).isPositive();

      write(master, "key", "2");
      await().until(() -> mayRead("key"));
      assertThat(toMaster.requestBytes()).isGreaterThan(toMasterBefore);
    }
  }

  @Test
  void aReplicaThatIsSilentOrGoneHasReachedNothingUntilItIsBack() throws Exception {
    try (RawClient master = new RawClient(group.master().port())) {
      RedisNode replica = group.replica(0);
      replica.pause();
      write(master, "key", "1");
      await().until(() -> rounds.reached(REPLICA) == -1);
      assertThat(mayRead("never-written")).isFalse();
      replica.resume();
      await().until(() -> mayRead("key"));
      assertReplicaHas("key", "1");

      toReplica.cut();
      await().until(() -> mayRead("key"));

      replica.kill();
      await().until(() -> rounds.reached(REPLICA) == -1);
      write(master, "key", "2");
      replica.restart();
      await().until(() -> mayRead("key"));
      assertReplicaHas("key", "2");
    }
  }

  @Test
  void aReplicaThatIsCutOffFromItsMasterHasWhatItHadAndNoMoreUntilItHasCaughtUp() throws Exception {
    try (RawClient master = new RawClient(group.master().port())) {
      replication.refuse();
      replication.cut();
      await().until(() -> info(group.replica(0)).contains("master_link_status:down"));
      write(master, "key", "1");
      await()
          .during(Duration.ofMillis(200))
          .until(() -> mayRead("never-written") && !mayRead("key"));
      replication.accept();
      await().until(() -> mayRead("key"));
      assertReplicaHas("key", "1");
    }
  }

  @Test
  void aReplicaOfAnotherHistoryHasReachedNothing() throws Exception {
    try (RedisGroup others = RedisGroup.start(0);
        RawClient master = new RawClient(group.master().port())) {
      group.follow(group.replica(0), others.master().port());
      await().until(() -> info(group.replica(0)).contains("master_link_status:up"));
      // Its offset is to be the larger one.
      others.call(others.master(), "SET", "other", "x".repeat(10_000));
      await().until(() -> applied(group.replica(0)) > applied(group.master()));
      write(master, "key", "1");
      await().until(() -> rounds.reached(REPLICA) == -1);
      await().during(Duration.ofMillis(200)).until(() -> !mayRead("key"));

      group.follow(group.replica(0), replication.port());
      await().until(() -> mayRead("key"));
      assertReplicaHas("key", "1");
    }
  }

  @Test
  void whenTheMasterIsStartedAgainEmptyNothingCountsUntilTheReplicaIsEmptyToo() throws Exception {
    try (RawClient master = new RawClient(group.master().port())) {
      write(master, "lost", "1");
      await().until(() -> mayRead("lost"));
    }
    // The new master's own data come to the replica late, after it has them.
    replication.refuse();
    group.master().kill();
    assertThat(mayRead("lost")).as("the replica still has it").isTrue();
    group.master().restart();
    await().until(() -> !mayRead("lost"));
    await().during(Duration.ofMillis(200)).until(() -> !mayRead("lost"));
    replication.accept();
    await().until(() -> mayRead("lost"));
    assertReplicaHas("lost", null);
  }

  @Test
  void aMasterThatIsSilentForLongIsNoReasonToTakeReadsFromTheReplica() throws Exception {
    try (RawClient master = new RawClient(group.master().port())) {
      write(master, "key", "1");
      await().until(() -> mayRead("key"));
      group.master().pause();
      writes.mark(new int[] {slot("later")}, 1);
      await().during(Duration.ofMillis(1_500)).until(() -> mayRead("key") && !mayRead("later"));
      group.master().resume();
      await().until(() -> mayRead("later"));
    }
  }

  @Test
  void aMasterThatBecameAReplicaMeasuresNothing() throws Exception {
    try (RawClient client = new RawClient(group.master().port())) {
      group.follow(group.master(), group.replica(0).port());
      write(client, "key", null);
      await().during(Duration.ofMillis(200)).until(() -> !mayRead("key"));
      client.call("REPLICAOF", "NO", "ONE");
      write(client, "key", "1");
      await().until(() -> mayRead("key"));
      assertReplicaHas("key", "1");
    }
  }

  @Test
  void afterATimeInWhichNoMasterWasKnownRoundsGoOnWithTheSameOne() throws Exception {
    try (RawClient master = new RawClient(group.master().port())) {
      Probed.replica(nodes, MASTER);
      assertThat(nodes.topology().master()).isEqualTo(Topology.NONE);
      long before = rounds.started();
      write(master, "key", "1");
      await().until(() -> rounds.started() > before);
      await().during(Duration.ofMillis(100)).until(() -> !mayRead("key"));

      Probed.up(nodes, MASTER);
      await().until(() -> mayRead("key"));
      assertReplicaHas("key", "1");
    }
  }

  @Test
  void aProbeThatFindsAnotherHistoryBeginsAnew() {
    long then = rounds.started();
    loop.submit(() -> rounds.onProbed("another", MASTER)).syncUninterruptibly();
    await().until(() -> rounds.started() > then && mayRead("key"));

    loop.submit(() -> rounds.onProbed("another", REPLICA)).syncUninterruptibly();
    await().until(() -> mayRead("key"));
  }

  /** Writes as a session does it; null writes nothing. */
  private void write(RawClient client, String key, String value) throws Exception {
    writes.begin(new int[] {slot(key)}, 1);
    if (value != null) {
      assertThat(client.call("SET", key, value)).isEqualTo("OK");
    }
    writes.end(new int[] {slot(key)}, 1);
  }

  private boolean mayRead(String key) {
    writes.onRead();
    boolean may = table.needed(slot(key)) <= rounds.reached(REPLICA);
    if (!may) {
      rounds.onMissed();
    }
    return may;
  }

  private int slot(String key) {
    return table.slot(0, key.getBytes(UTF_8));
  }

  private void assertReplicaHas(String key, String value) {
    assertThat(group.call(group.replica(0), "GET", key)).isEqualTo(value);
  }

  private String info(RedisNode node) {
    return (String) group.call(node, "INFO", "replication");
  }

  private long applied(RedisNode node) {
    return info(node)
        .lines()
        .filter(line -> line.startsWith("master_repl_offset:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
        .sum();
  }
}
