package io.redisproxy.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.faults.ReplicaFault.Victim;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Under load, whatever happens to replicas: no read fails, or is answered wrong, or out of turn,
 * and writes go on.
 */
class ReplicaFaultsTest {
  private static final FaultReport REPORT = new FaultReport("replicas");
  private static final int CLIENTS = 50;
  private static final int ENOUGH_READS = 2000;
  private static final int ENOUGH_WRITES = 200;
  private static final Duration FAULT = Duration.ofMillis(700);
  private static final int BUDGET = 500;
  private static final int FEW_CLIENTS = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern AWAY = Pattern.compile("stays away for (\\d+) s more");

  private static final String EXCEEDED =
      "ERR redis-proxy: no replica can serve the read, and the master takes no more reads for them;"
          + " see masterFallback";

  @AutoClose private static RedisGroup group;
  @AutoClose private static Relay relay;

  @BeforeAll
  static void start() throws IOException {
    group = RedisGroup.start(2, "--enable-debug-command", "yes");
    relay = Relay.to(group.replica(0).port());
    try (TestProxy proxy = proxy(MasterFallback.ALWAYS)) {
      LoadClients.fill(proxy);
    }
    group.awaitInSync();
  }

  private static TestProxy proxy(MasterFallback fallback) {
    return TestProxy.start(
        // As it is by default.
        Map.of("probe.interval", "1s", "probe.timeout", "1s"),
        TestProxy.resilient(
            new Resilience(Duration.ofMillis(200), 3, fallback, Duration.ofSeconds(2))),
        group.master().port(),
        relay.port(),
        group.replica(1).port());
  }

  @ParameterizedTest
  @EnumSource
  void aReplicaIsInTrouble(ReplicaFault fault, TestReporter reporter) throws IOException {
    Victim victim = new Victim(group, group.replica(0), relay);
    try (TestProxy proxy = proxy(MasterFallback.ALWAYS)) {
      LoadClients load = new LoadClients(fault.name(), CLIENTS, proxy);
      try (load) {
        load.awaitServed(ENOUGH_READS, ENOUGH_WRITES);
        long syncs = fullSyncs();
        fault.begin(victim);
        long end = System.nanoTime() + FAULT.toNanos();
        await().until(() -> !proxy.isReadable(0) || fullSyncs() > syncs);
        await().until(() -> System.nanoTime() > end);
        load.awaitServed(ENOUGH_READS, ENOUGH_WRITES);
        fault.end(victim);
        await().until(proxy::allHealthy);
        load.awaitServed(ENOUGH_READS, ENOUGH_WRITES);
      }
      REPORT.add("a replica: " + fault, load, proxy, "", reporter);
      assertThat(load.tally().failedReads).isEmpty();
      assertUnharmed(load, proxy);
    }
  }

  /** Its probes are in time, so that it is used again and again. */
  @Test
  void aReplicaThatIsSlowWithRequestsOnlyStaysAwayForLonger(TestReporter reporter)
      throws IOException {
    try (TestProxy proxy = proxy(MasterFallback.ALWAYS)) {
      LoadClients load = new LoadClients("slow", FEW_CLIENTS, proxy);
      try (load) {
        load.awaitServed(ENOUGH_READS, ENOUGH_WRITES);
        relay.delayReplies(Duration.ofMillis(300));
        await().atMost(PATIENCE).until(() -> secondsAway(proxy) >= 2);
        relay.delayReplies(Duration.ZERO);
        await().atMost(PATIENCE).until(proxy::allHealthy);
        load.awaitServed(ENOUGH_READS, ENOUGH_WRITES);
      }
      REPORT.add("a replica: slow with requests only", load, proxy, "", reporter);
      assertThat(load.tally().failedReads).isEmpty();
      assertUnharmed(load, proxy);
    }
  }

  /** For how long the replica still stays away though nothing is against it but that. */
  private static int secondsAway(TestProxy proxy) {
    Matcher away = AWAY.matcher(proxy.group().topology().nodes().get(1).health().detail());
    return away.find() ? Integer.parseInt(away.group(1)) : 0;
  }

  @Test
  void allReplicasAreLostAndComeBack(TestReporter reporter) throws IOException {
    try (TestProxy proxy = proxy(MasterFallback.ALWAYS)) {
      LoadClients load = new LoadClients("lost", CLIENTS, proxy);
      try (load) {
        loseAllReplicas(proxy, load);
      }
      REPORT.add("all replicas: killed, and started again", load, proxy, "", reporter);
      assertThat(load.tally().failedReads).isEmpty();
      assertUnharmed(load, proxy);
    }
  }

  @Test
  void theMasterTakesNoMoreThanItsBudgetWhenAllReplicasAreLost(TestReporter reporter)
      throws IOException {
    try (TestProxy proxy = proxy(new MasterFallback(BUDGET))) {
      LoadClients load = new LoadClients("budget", CLIENTS, proxy);
      long taken;
      double seconds;
      try (load) {
        load.awaitServed(ENOUGH_READS, ENOUGH_WRITES);
        long before = readsAtMaster();
        long begun = System.nanoTime();
        loseAllReplicas(proxy, load);
        taken = readsAtMaster() - before;
        seconds = (System.nanoTime() - begun) / 1e9;
      }
      REPORT.add(
          "all replicas: killed, and started again, with a masterFallback of " + BUDGET + "/s",
          load,
          proxy,
          "the master took over %d reads in %.1f s; the others failed".formatted(taken, seconds),
          reporter);
      // What is left of the second before counts, too.
      assertThat(taken).isPositive().isLessThanOrEqualTo((long) (BUDGET * (seconds + 1)));
      assertThat(load.tally().failedReads).isNotEmpty().containsOnly(EXCEEDED);
      load.tally().failedBehindWrites.removeIf(EXCEEDED::equals);
      assertUnharmed(load, proxy);
    }
  }

  private static void loseAllReplicas(TestProxy proxy, LoadClients load) {
    load.awaitServed(ENOUGH_READS, ENOUGH_WRITES);
    group.replicas().forEach(RedisNode::kill);
    await().until(() -> !proxy.isReadable(0) && !proxy.isReadable(1));
    load.awaitServed(0, ENOUGH_WRITES);
    group.replicas().forEach(RedisNode::restart);
    await().until(proxy::allHealthy);
    load.awaitServed(ENOUGH_READS, ENOUGH_WRITES);
  }

  /** Only those reads are such that nothing but the health of the replicas brings there. */
  private static long readsAtMaster() {
    return group.commandCount(group.master(), "get");
  }

  private static long fullSyncs() {
    String stats = (String) group.call(group.master(), "INFO", "stats");
    return stats
        .lines()
        .filter(line -> line.startsWith("sync_full:"))
        .mapToLong(line -> Long.parseLong(line.substring("sync_full:".length())))
        .sum();
  }

  /** But for reads that may fail. */
  private static void assertUnharmed(LoadClients load, TestProxy proxy) throws IOException {
    LoadTally tally = load.tally();
    assertThat(tally.wrong).isEmpty();
    assertThat(tally.disconnected).isEmpty();
    assertThat(tally.failedBehindWrites).isEmpty();
    assertThat(tally.failedWrites.sum()).isZero();
    WrittenLists.check(load, group, proxy, group.master(), load.begunAt());
  }
}
