package io.redisproxy.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.TestProxy;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import io.redisproxy.metrics.RetryReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many clients write and read in every way, over two listeners and two event loops, with replicas
 * that are behind, or in trouble: no read is stale. The phases take {@code -Dchecker.seconds}
 * together; {@code -Dchecker.seed} repeats the choices of an earlier run.
 */
class CheckerTest {
  private static final Logger LOG = Logger.getLogger(CheckerTest.class);
  private static final long SEED = Long.getLong("checker.seed", System.nanoTime());

  /** A twentieth of the time. */
  private static final Duration UNIT =
      Duration.ofSeconds(Integer.getInteger("checker.seconds", 20)).dividedBy(20);

  private static final int CLIENTS = 12;

  private final Random random = new Random(SEED);
  @AutoClose private final Opened<Relay> replication = new Opened<>();
  @AutoClose private RedisGroup group;
  @AutoClose private Relay toMaster;
  private int[] replicaPorts;
  private volatile TestProxy proxy;

  /** What the proxies of a phase have counted, at its end. */
  private final Map<RetryReason, Double> retries = new EnumMap<>(RetryReason.class);

  @BeforeEach
  void start() {
    LOG.infof("seed %d", SEED);
    group = RedisGroup.start(2, "--repl-ping-replica-period", "3600");
    for (int i = 0; i < 2; i++) {
      replication.add(Relay.to(group.master().port()));
      group.follow(group.replica(i), replication.get(i).port());
    }
    group.awaitInSync();
    toMaster = Relay.to(group.master().port());
    replicaPorts = group.replicas().stream().mapToInt(RedisNode::port).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 100, 2000})
  void noReadIsStaleWhileReplicasAreBehind(int millis) throws Exception {
    assertNoneStale(
        run(
            "behind by " + millis + " ms",
            UnaryOperator.identity(),
            UNIT.multipliedBy(2),
            List.of(Trouble.delay(replication, Duration.ofMillis(millis), random))));
  }

  @Test
  void noReadIsStaleWhileReplicasFail() throws Exception {
    assertNoneStale(
        run(
            "replicas fail",
            UnaryOperator.identity(),
            UNIT.multipliedBy(4),
            List.of(
                Trouble.delay(replication, Duration.ofMillis(5), random),
                Trouble.failingReplicas(group, replication, random))));
  }

  @Test
  void noReadIsStaleWhileWritesAreCutOff() throws Exception {
    assertNoneStale(
        run(
            "writes are cut off",
            UnaryOperator.identity(),
            UNIT.multipliedBy(3),
            List.of(
                Trouble.delay(replication, Duration.ofMillis(20), random),
                Trouble.cuts(toMaster, random))));
  }

  @Test
  void noReadIsStaleWhileTheMasterHandsOver() throws Exception {
    assertNoneStale(
        run(
            "the master hands over",
            UnaryOperator.identity(),
            UNIT.multipliedBy(4),
            List.of(
                Trouble.delay(replication, Duration.ofMillis(5), random),
                Trouble.failovers(group, random))));
  }

  @Test
  void noReadIsStaleWhileReplicasArePromoted() throws Exception {
    assertNoneStale(
        run(
            "replicas are promoted",
            UnaryOperator.identity(),
            UNIT.multipliedBy(2),
            List.of(
                Trouble.delay(replication, Duration.ofMillis(5), random),
                Trouble.promotions(group, this::isMasterOfAll))));
  }

  @Test
  void noReadIsStaleThatIsSentAgain() throws Exception {
    List<Relay> toReplicas =
        group.replicas().stream().map(replica -> Relay.to(replica.port())).toList();
    replicaPorts = toReplicas.stream().mapToInt(Relay::port).toArray();
    Resilience impatient =
        new Resilience(Duration.ofMillis(20), 3, MasterFallback.ALWAYS, Duration.ofSeconds(2));
    try {
      assertNoneStale(
          run(
              "reads are sent again",
              TestProxy.resilient(impatient),
              UNIT.multipliedBy(2),
              List.of(
                  Trouble.delay(replication, Duration.ofMillis(5), random),
                  Trouble.lateReplicas(toReplicas, random))));
      assertThat(retries.get(RetryReason.TIMEOUT) + retries.get(RetryReason.LOST)).isPositive();
    } finally {
      toReplicas.forEach(Relay::close);
    }
  }

  @Test
  void noReadIsStaleAfterEverythingIsFlushed() throws Exception {
    Tally tally = new Tally();
    replication.forEach(relay -> relay.delayReplies(Duration.ofMillis(5)));
    try (TestProxy proxy = start(UnaryOperator.identity());
        Connections connections = new Connections(proxy, 0, random);
        RawClient there = proxy.connect()) {
      there.call("SELECT", "3");
      long end = System.nanoTime() + UNIT.toNanos();
      for (int i = 0; System.nanoTime() < end; i++) {
        Deed deed = new Deed(connections, random, tally, "flushed:");
        String n = Integer.toString(i);
        deed.write("SET", deed.key(n), n);
        deed.see(n, "GET", deed.key(n));
        there.call("SET", deed.key(n), "there");
        deed.write("SWAPDB", "0", "3");
        deed.see("there", "GET", deed.key(n));
        deed.see(1L, "DBSIZE");
        deed.write(i % 2 == 0 ? "FLUSHALL" : "FLUSHDB");
        deed.see(null, "GET", deed.key(n));
        deed.see(0L, "DBSIZE");
        there.call("FLUSHDB");
      }
      report("everything is flushed", proxy, tally);
    }
    assertNoneStale(tally);
  }

  /** So that the check can fail. */
  @Test
  void eventualReadsAreStale() throws Exception {
    Tally tally =
        run(
            "eventual",
            TestProxy::eventual,
            UNIT,
            List.of(Trouble.delay(replication, Duration.ofMillis(5), random)));
    assertThat(tally.stale()).isPositive();
  }

  private boolean isMasterOfAll(int node) {
    return proxy.groups().groups().stream().allMatch(each -> each.topology().master() == node);
  }

  private static void assertNoneStale(Tally tally) {
    assertThat(tally.examples()).as("%d of %d are stale", tally.stale(), tally.reads()).isEmpty();
    assertThat(tally.reads()).isPositive();
  }

  private TestProxy start(UnaryOperator<ListenerConfig> refined) {
    return TestProxy.startTwoListeners(
        Map.of("probe.timeout", "300ms", "node.reconnect-max", "200ms"),
        refined,
        toMaster.port(),
        replicaPorts);
  }

  private Tally run(
      String phase, UnaryOperator<ListenerConfig> refined, Duration time, List<Trouble> troubles)
      throws Exception {
    Tally tally = new Tally();
    CountDownLatch end = new CountDownLatch(1);
    ExecutorService threads = Executors.newCachedThreadPool();
    try (TestProxy started = start(refined)) {
      proxy = started;
      SharedCounters shared = new SharedCounters("shared:");
      long until = System.nanoTime() + time.toNanos();
      List<Future<?>> running = new ArrayList<>();
      troubles.forEach(trouble -> running.add(threads.submit(callable(trouble, end))));
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Random own = new Random(random.nextLong());
        clients.add(
            threads.submit(new CheckingClient(proxy, "own:" + i, shared, own, until, tally)));
      }
      for (Future<?> client : clients) {
        client.get();
      }
      end.countDown();
      for (Future<?> trouble : running) {
        trouble.get();
      }
      report(phase, proxy, tally);
      for (RetryReason reason : RetryReason.values()) {
        String label = reason.name().toLowerCase(Locale.ROOT);
        retries.put(reason, proxy.counted("redis_proxy.retries", "reason", label));
      }
    } finally {
      end.countDown();
      threads.shutdownNow();
      threads.awaitTermination(10, TimeUnit.SECONDS);
    }
    return tally;
  }

  private static Callable<Void> callable(Trouble trouble, CountDownLatch end) {
    return () -> {
      trouble.go(end);
      return null;
    };
  }

  private static void report(String phase, TestProxy proxy, Tally tally) {
    LOG.infof(
        "%s: %d reads, %d stale, %d errors; %s",
        phase, tally.reads(), tally.stale(), tally.errors(), Shares.of(proxy));
  }
}
