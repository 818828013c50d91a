package io.redisproxy.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Sentinels;
import io.redisproxy.topology.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Under load the master is lost: writes go on as soon as there is another one, none is written
 * twice, and reads of what was there before never fail.
 */
class MasterFaultsTest {
  private static final FaultReport REPORT = new FaultReport("masters");
  private static final Duration FAILOVER = Duration.ofSeconds(30);
  private static final Duration SPLIT = Duration.ofSeconds(5);
  private static final int CLIENTS = 50;
  private static final int ENOUGH = 1000;

  /** As it is by default. */
  private static final Map<String, String> SETTINGS = Map.of("probe.interval", "1s");

  private final TestReporter reporter;

  MasterFaultsTest(TestReporter reporter) {
    this.reporter = reporter;
  }

  /** Makes another node the master when the first one is dead, and returns it. */
  private interface Promotion {
    /** The master is about to die. */
    default void prepare() {}

    RedisNode await(RedisGroup group, TestProxy proxy);
  }

  /** Two of three are enough; the first one may be in trouble. */
  private record BySentinels(Sentinels sentinels) implements Promotion {
    @Override
    public void prepare() {
      others().forEach(Sentinels::beHasty);
    }

    @Override
    public RedisNode await(RedisGroup group, TestProxy proxy) {
      RedisNode promoted = awaitPromoted(group);
      others().forEach(Sentinels::bePatient);
      return promoted;
    }

    private List<RedisNode> others() {
      return List.of(sentinels.node(1), sentinels.node(2));
    }
  }

  /** What is wrong with one of three Sentinels. */
  private enum Trouble {
    NONE(""),
    DOWN(", one is down") {
      @Override
      void begin(RedisNode sentinel) {
        sentinel.kill();
      }
    },
    HANGS(", one hangs") {
      @Override
      void begin(RedisNode sentinel) {
        sentinel.pause();
      }
    };

    private final String text;

    Trouble(String text) {
      this.text = text;
    }

    void begin(RedisNode sentinel) {}
  }

  @Test
  void writesResumeWithinASecondOfAPromotionByHand() throws IOException {
    try (RedisGroup group = RedisGroup.start(3);
        TestProxy proxy = TestProxy.start(group, SETTINGS)) {
      killMaster("a replica is promoted by hand", group, proxy, MasterFaultsTest::promoteByHand);
      assertThat(told(proxy, "master")).isEqualTo(2);
      assertThat(told(proxy, "no_master")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void writesResumeWithinASecondOfAPromotionBySentinels(Trouble trouble) throws IOException {
    try (RedisGroup group = RedisGroup.start(2);
        Sentinels sentinels = Sentinels.start(group, 3)) {
      trouble.begin(sentinels.node(0));
      try (TestProxy proxy =
          TestProxy.startAtOnce(SETTINGS, port -> new ListenerConfig(port, sentinels.config()))) {
        await().until(() -> proxy.group().topology().readable().length == 2);
        killMaster(
            "Sentinels promote a replica" + trouble.text, group, proxy, new BySentinels(sentinels));
      }
    }
  }

  @Test
  void inASplitTheMasterOfTheMinorityGetsNoWritesOnceThatIsKnown() throws IOException {
    try (RedisGroup group = RedisGroup.start(3);
        TestProxy proxy = TestProxy.start(group, SETTINGS)) {
      LoadClients.fill(proxy);
      group.awaitInSync();
      RedisNode old = group.master();
      RedisNode promoted = group.replica(0);
      long atOld;
      long atOldInTheEnd;
      long known;
      LoadClients load = new LoadClients("split", CLIENTS, proxy);
      try (load) {
        load.awaitServed(ENOUGH, ENOUGH);
        load.tally().unsure(true);
        group.promote(promoted);
        await().until(() -> proxy.group().topology().master() == 1);
        load.awaitLaterWrites();
        load.tally().unsure(false);
        known = System.nanoTime();
        atOld = group.commandCount(old, "rpush");
        // One more replica on its side is no majority either.
        group.follow(group.replica(2), old.port());
        await().until(() -> System.nanoTime() - known > SPLIT.toNanos());
        atOldInTheEnd = group.commandCount(old, "rpush");
      }
      report(
          "split brain for 5 s",
          load,
          proxy,
          "%d writes at the minority's master, once it is known".formatted(atOldInTheEnd - atOld));
      assertThat(atOldInTheEnd).isEqualTo(atOld);
      assertThat(told(proxy, "master")).isEqualTo(2);
      assertUnharmed(load);
      WrittenLists.check(load, group, proxy, promoted, known);
    }
  }

  private void killMaster(String how, RedisGroup group, TestProxy proxy, Promotion promotion)
      throws IOException {
    LoadClients.fill(proxy);
    group.awaitInSync();
    RedisNode promoted;
    long killedAt;
    long promotedAt;
    LoadClients load = new LoadClients("master", CLIENTS, proxy);
    try (load) {
      load.awaitServed(ENOUGH, ENOUGH);
      load.tally().unsure(true);
      promotion.prepare();
      group.master().kill();
      killedAt = System.nanoTime();
      promoted = promotion.await(group, proxy);
      promotedAt = System.nanoTime();
      load.awaitLaterWrites();
      load.tally().unsure(false);
      load.awaitServed(ENOUGH, ENOUGH);
    }
    long noMaster = promotedAt - killedAt;
    long resumed = load.firstAcknowledged(killedAt) - promotedAt;
    report(
        "the master: killed, " + how,
        load,
        proxy,
        "promoted after %d ms, writes resumed %d ms later"
            .formatted(
                TimeUnit.NANOSECONDS.toMillis(noMaster), TimeUnit.NANOSECONDS.toMillis(resumed)));
    assertThat(resumed).isLessThan(TimeUnit.SECONDS.toNanos(1));
    assertUnharmed(load);
    WrittenLists.check(load, group, proxy, promoted, killedAt);
  }

  private static RedisNode promoteByHand(RedisGroup group, TestProxy proxy) {
    await().until(() -> proxy.group().topology().master() == Topology.NONE);
    RedisNode promoted = group.replica(0);
    group.promote(promoted);
    return promoted;
  }

  /** When a replica says that it is the master. */
  private static RedisNode awaitPromoted(RedisGroup group) {
    return await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(FAILOVER)
        // A Sentinel closes all connections to the server that it promotes.
        .ignoreExceptions()
        .until(
            () ->
                group.replicas().stream()
                    .filter(node -> ((List<?>) group.call(node, "ROLE")).get(0).equals("master"))
                    .findFirst(),
            Optional::isPresent)
        .get();
  }

  private static double told(TestProxy proxy, String change) {
    return proxy.counted("redis_proxy.topology.changes", "change", change);
  }

  private void report(String fault, LoadClients load, TestProxy proxy, String remark) {
    REPORT.add(fault, load, proxy, remark, reporter);
  }

  /** But for what is written while there is no master, and read behind that. */
  private static void assertUnharmed(LoadClients load) {
    assertThat(load.tally().failedReads).isEmpty();
    assertThat(load.tally().wrong).isEmpty();
    assertThat(load.tally().disconnected).isEmpty();
  }
}
