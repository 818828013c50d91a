package io.redisproxy.topology;

import static io.redisproxy.topology.Probed.HISTORY;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.HealthLimits;
import io.redisproxy.config.NodeAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which nodes of a group may be used, by what they answer. */
class FitnessJudgeTest {
  private static final HealthLimits LIMITS =
      new HealthLimits(
          1_000,
          Duration.ofSeconds(20),
          Optional.empty(),
          Optional.empty(),
          3,
          2,
          Duration.ofSeconds(10));

  private static final int MASTER = 0;
  private static final int B = 1;
  private static final int C = 2;

  private long now;
  private final NodeGroup group = new NodeGroup("6380", LIMITS, () -> now);

  @BeforeEach
  void allInOrder() {
    group.configure(List.of(address("a"), address("b"), address("c")), null);
    master(10_000);
    replica(B, 10_000);
    replica(C, 10_000);
    assertReadable(B, C);
  }

  @Test
  void aNodeIsDownAfterSomeFailuresInARowAndUpAfterSomePasses() {
    fail(B);
    fail(B);
    assertReadable(B, C);
    replica(B, 10_000);
    fail(B);
    fail(B);
    assertReadable(B, C);
    fail(B);
    assertReadable(C);
    assertThat(detail(B)).isEqualTo("no answer");
    replica(B, 10_000);
    assertReadable(C);
    assertThat(detail(B)).isEqualTo("it has passed 1 of 2 probes to come back");
    replica(B, 10_000);
    assertReadable(B, C);
  }

  @Test
  void whoFallsOutAgainAndAgainStaysAwayForLongerEachTime() {
    for (int i = 0; i < 8; i++) {
      group.distrust(B, "it is slow");
      group.takeSuspects();
      assertReadable(C);
      long away = now;
      now++;
      replica(B, 10_000);
      replica(B, 10_000);
      // Whatever it passes by then.
      while (!group.topology().isReadable(B)) {
        assertThat(detail(B)).startsWith("it fell out again soon after it was back");
        assertThat(group.topology().isUnsettled()).isFalse();
        now += Duration.ofMillis(500).toNanos();
        replica(B, 10_000);
      }
      assertThat(Duration.ofNanos(now - away).toSeconds())
          .isEqualTo(List.of(0L, 1L, 2L, 4L, 8L, 10L, 10L, 10L).get(i));
      now += Duration.ofSeconds(1).toNanos();
    }
    now += Duration.ofSeconds(10).toNanos();
    group.distrust(B, "it is slow");
    group.takeSuspects();
    now++;
    replica(B, 10_000);
    replica(B, 10_000);
    assertReadable(B, C);
  }

  @Test
  void theLastReplicaDoesNotStayAway() {
    for (int i = 0; i < 4; i++) {
      for (int node : List.of(B, C)) {
        group.distrust(node, "it is slow");
        group.takeSuspects();
      }
      assertReadable();
      now++;
      replica(B, 10_000);
      replica(B, 10_000);
      assertReadable(B);
      now += Duration.ofSeconds(11).toNanos() / (i + 2);
      replica(C, 10_000);
      replica(C, 10_000);
    }
  }

  @Test
  void whatANodeSaysOfItselfCountsAtOnce() {
    answer(B, report("role:slave\r\nmaster_link_status:up\r\nloading:1\r\n"));
    assertReadable(C);
    assertThat(detail(B)).isEqualTo("it is loading its data");
    answer(C, report("-MASTERDOWN Link with MASTER is down\r\n"));
    assertReadable();
    assertThat(detail(C)).isEqualTo("it answered -MASTERDOWN Link with MASTER is down");
  }

  @Test
  void aReplicaThatLagsIsOutUntilItLagsHalfAsMuch() {
    replica(B, 8_999);
    assertReadable(C);
    assertThat(detail(B)).isEqualTo("it lags by 1001 bytes");
    replica(B, 9_499);
    replica(B, 9_499);
    assertReadable(C);
    assertThat(detail(B)).startsWith("it still lags by 501 bytes");
    replica(B, 9_500);
    replica(B, 9_500);
    assertReadable(B, C);
    replica(B, 9_000);
    assertReadable(B, C);
  }

  @Test
  void aReplicaThatHearsNothingLagsIfTheMasterHasSaidSomething() {
    answer(B, Probed.deaf(HISTORY, 10_000, 3_600));
    assertReadable(B, C);
    master(10_001);
    answer(B, Probed.deaf(HISTORY, 10_000, 20));
    assertReadable(B, C);
    answer(B, Probed.deaf(HISTORY, 10_000, 21));
    assertReadable(C);
    assertThat(detail(B)).isEqualTo("it has heard nothing from its master for 21 s");
  }

  @Test
  void withoutAMasterNobodyLags() {
    failThrice(MASTER);
    answer(B, Probed.deaf(HISTORY, 9_000, 3_600));
    answer(C, Probed.deaf(HISTORY, 1, 3_600));
    assertReadable(B, C);
  }

  @Test
  void replicasThatAllLoseTheirMasterGoOnForTheGrace() {
    failThrice(MASTER);
    answer(B, Probed.cutOff(HISTORY, 10_000, 0));
    answer(C, Probed.cutOff(HISTORY, 10_000, 0));
    assertReadable(B, C);
    now += Duration.ofSeconds(9).toNanos();
    answer(B, Probed.cutOff(HISTORY, 10_000, 9));
    answer(C, Probed.cutOff(HISTORY, 10_000, 9));
    assertReadable(B, C);
    now += Duration.ofSeconds(2).toNanos();
    answer(B, Probed.cutOff(HISTORY, 10_000, 11));
    answer(C, Probed.cutOff(HISTORY, 10_000, 11));
    assertReadable();
    assertThat(detail(B)).isEqualTo("its link to the master is down");
  }

  @Test
  void aReplicaThatAloneLosesItsMasterIsOutWhenAnotherIsSeenToHaveIt() {
    now++;
    answer(B, Probed.cutOff(HISTORY, 10_000, 0));
    assertReadable(B, C);
    now++;
    replica(C, 10_000);
    assertReadable(C);
  }

  @Test
  void aReplicaThatWasNeverInSyncHasNoGrace() {
    failThrice(MASTER);
    answer(B, Probed.cutOff(HISTORY, 0, -1));
    assertReadable(C);
    assertThat(detail(B)).isEqualTo("its link to the master is down, and was never up");
  }

  @Test
  void aReplicaOfAnotherMasterIsOutWhenThatIsNoAccident() {
    String other = "2".repeat(40);
    answer(B, Probed.replica(other, 10_000));
    assertReadable(B, C);
    answer(B, Probed.replica(other, 10_000));
    assertReadable(C);
    assertThat(detail(B)).isEqualTo("it is in sync with another master");
  }

  @Test
  void aServerThatTellsNoHistoryIsBelieved() {
    String info = "role:slave\r\nmaster_link_status:up\r\n";
    for (int i = 0; i < 5; i++) {
      answer(B, report(info));
    }
    assertReadable(B, C);
  }

  @Test
  void aReplicaThatIsDistrustedIsOutUntilItHasPassedProbesThatBeganLater() {
    group.suspect(C, "connection lost");
    group.distrust(B, "no answer");
    long asked = now++;
    assertThat(group.takeSuspects()).containsExactlyInAnyOrder(B, C);
    assertReadable(C);
    assertThat(detail(B)).isEqualTo("no answer");
    assertThat(group.topology().isUnsettled()).isTrue();
    group.onAnswered(B, address("b"), Probed.replica(HISTORY, 10_000), asked, 0);
    group.onAnswered(B, address("b"), Probed.replica(HISTORY, 10_000), asked, 0);
    assertReadable(C);
    replica(B, 10_000);
    assertReadable(C);
    replica(B, 10_000);
    assertReadable(B, C);
    assertThat(group.topology().isUnsettled()).isFalse();
  }

  @Test
  void theLatencyIsAnAverageThatFollowsSlowly() {
    assertThat(health(B).latencyNanos()).isEqualTo(1_000);
    group.onAnswered(B, address("b"), Probed.replica(HISTORY, 10_000), now, 2_000);
    assertThat(health(B).latencyNanos()).isEqualTo(1_200);
    group.onAnswered(B, address("b"), Probed.replica(HISTORY, 10_000), now, 0);
    assertThat(health(B).latencyNanos()).isEqualTo(1_200);
  }

  @Test
  void everyChangeIsToldOnceWithItsReason() {
    failThrice(B);
    fail(B);
    fail(B);
    replica(B, 10_000);
    replica(B, 10_000);
    assertThat(group.topology().changes())
        .extracting(TopologyEvent::text)
        .startsWith("replica b:1 is up", "replica b:1 is down: no answer");
    for (int i = 0; i < 20; i++) {
      failThrice(B);
      replica(B, 10_000);
      replica(B, 10_000);
    }
    assertThat(group.topology().changes()).hasSize(16);
  }

  private void master(long offset) {
    answer(MASTER, Probed.master(HISTORY, null, offset));
  }

  private void replica(int node, long offset) {
    answer(node, Probed.replica(HISTORY, offset));
  }

  private void answer(int node, NodeReport report) {
    Probed.answer(group, node, report);
  }

  private void fail(int node) {
    group.onFailed(node, group.topology().address(node), "no answer", true);
  }

  private void failThrice(int node) {
    fail(node);
    fail(node);
    fail(node);
  }

  private static NodeReport report(String... answers) {
    return NodeReport.of(List.of(answers));
  }

  private static NodeAddress address(String host) {
    return new NodeAddress(host, 1);
  }

  private NodeHealth health(int node) {
    return group.topology().nodes().get(node).health();
  }

  private String detail(int node) {
    return health(node).detail();
  }

  private void assertReadable(int... nodes) {
    assertThat(group.topology().readable()).containsExactly(nodes);
  }
}
