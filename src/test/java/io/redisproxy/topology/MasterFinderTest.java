package io.redisproxy.topology;

import static io.redisproxy.topology.Probed.cutOff;
import static io.redisproxy.topology.Probed.master;
import static io.redisproxy.topology.Probed.mute;
import static io.redisproxy.topology.Probed.replica;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.HealthLimits;
import io.redisproxy.config.NodeAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which node is the master, by what all of them answer; A is listed first. */
class MasterFinderTest {
  private static final int NONE = Topology.NONE;
  private static final int A = 0;
  private static final int B = 1;
  private static final int C = 2;
  private static final int D = 3;

  private static final String OLD = "1".repeat(40);
  private static final String NEW = "2".repeat(40);
  private static final String OTHER = "3".repeat(40);

  private long now;
  private NodeGroup group;

  @BeforeEach
  void start() {
    start("a", "b", "c", "d");
  }

  private void start(String... hosts) {
    group = new NodeGroup("6380", HealthLimits.DEFAULT, () -> now);
    group.configure(List.of(hosts).stream().map(host -> new NodeAddress(host, 1)).toList(), null);
  }

  private void startInOrder() {
    say(A, master(OLD, null, 100));
    for (int node = B; node <= D; node++) {
      say(node, replica(OLD, 100));
    }
    assertMaster(A);
  }

  @Test
  void atTheStartItIsTheOneThatReplicasFollow() {
    say(A, master(OLD, null, 100));
    assertMaster(NONE);
    say(B, master(NEW, OLD, 100));
    assertMaster(NONE);
    say(C, replica(NEW, 100));
    assertMaster(B);
  }

  @Test
  void aMasterThatIsThereTwiceIsOne() {
    say(A, master(OLD, null, 100));
    say(B, master(OLD, null, 100));
    say(C, replica(OLD, 100));
    assertMaster(A);
    silence(A);
    silence(A);
    assertMaster(B);
  }

  @Test
  void atTheStartItIsNotTheListedOneIfThatIsAReplica() {
    say(A, replica(NEW, 100));
    assertMaster(NONE);
    say(B, master(NEW, OLD, 100));
    assertMaster(B);
  }

  @Test
  void atTheStartItIsTheListedOneIfAllHaveBeenAskedAndNobodyContradicts() {
    say(A, master(OLD, null, 100));
    silence(B);
    silence(C);
    assertMaster(NONE);
    silence(D);
    assertMaster(A);
  }

  @Test
  void atTheStartItIsNotTheListedOneIfThatWasStartedAnewAfterAFailover() {
    say(A, master(OTHER, null, 0));
    say(B, master(NEW, OLD, 100));
    silence(C);
    silence(D);
    assertMaster(NONE);
    say(C, replica(NEW, 100));
    assertMaster(B);
  }

  /** It says so in answer to the probe after which there is no master any more. */
  @Test
  void whyTheMasterIsNotReadyIsTold() {
    start("a");
    say(A, master(OLD, null, 100));
    assertMaster(A);
    say(A, Probed.error("LOADING Redis is loading the dataset in memory"));
    assertMaster(NONE);
    assertThat(group.topology().reason())
        .isEqualTo("a:1 is not ready: it answered -LOADING Redis is loading the dataset in memory");
    say(A, NodeReport.of(List.of("+PONG\r\n")));
    assertThat(group.topology().reason()).isEqualTo("a:1 is not ready: its role is unknown");
  }

  @Test
  void aNodeThatIsAloneIsBelievedAtOnce() {
    start("a");
    say(A, master(OLD, null, 100));
    assertMaster(A);
    fail(A);
    fail(A);
    assertMaster(NONE);
    say(A, master(OTHER, null, 0));
    assertMaster(A);
  }

  @Test
  void aPromotedReplicaFollowsADeadMasterAtOnce() {
    startInOrder();
    fail(A);
    assertMaster(A);
    fail(A);
    assertMaster(NONE);
    say(B, cutOff(OLD, 100, 0));
    say(C, cutOff(OLD, 100, 0));
    say(D, cutOff(OLD, 100, 0));
    assertMaster(NONE);
    say(B, master(NEW, OLD, 100));
    assertMaster(B);
    assertThat(group.topology().reason()).isEqualTo("it has what the last master had");
  }

  @Test
  void aPromotedReplicaTakesThePlaceOfASilentMasterOnceNobodyFollowsThat() {
    startInOrder();
    silence(A);
    silence(A);
    silence(A);
    assertMaster(A);
    say(B, master(NEW, OLD, 100));
    assertMaster(A);
    say(C, replica(NEW, 100));
    assertMaster(B);
  }

  @Test
  void aMasterThatIsHealthyKeepsItsPlaceWhenSomebodyDetachesAReplica() {
    startInOrder();
    say(B, master(NEW, OLD, 100));
    assertMaster(A);
    say(C, replica(NEW, 100));
    say(D, replica(OLD, 100));
    assertMaster(A);
  }

  @Test
  void inASplitTheMajorityOfTheReplicasDecides() {
    startInOrder();
    say(B, master(NEW, OLD, 100));
    say(C, replica(NEW, 100));
    say(D, replica(NEW, 100));
    assertMaster(B);
    say(A, master(OLD, null, 200));
    assertMaster(B);
    say(A, replica(NEW, 110));
    assertMaster(B);
  }

  @Test
  void anOldMasterThatComesBackAsASecondOneIsNotBelieved() {
    startInOrder();
    fail(A);
    fail(A);
    say(B, master(NEW, OLD, 100));
    say(C, replica(NEW, 100));
    say(D, replica(NEW, 100));
    say(A, master(OTHER, OLD, 500));
    assertMaster(B);
    // Nor while the new one is gone for a moment.
    silence(B);
    silence(B);
    silence(B);
    assertMaster(B);
    fail(B);
    assertMaster(NONE);
  }

  @Test
  void aDemotedMasterIsNoneAtOnce() {
    startInOrder();
    say(A, replica(NEW, 100));
    assertMaster(NONE);
    say(B, master(NEW, OLD, 100));
    assertMaster(B);
  }

  @Test
  void aCandidateIsNotBelievedWhileAReplicaIsInSyncWithSomebodyElse() {
    startInOrder();
    fail(A);
    fail(A);
    say(B, master(NEW, OLD, 100));
    // C and D said last that they were in sync with A.
    assertMaster(NONE);
    say(C, cutOff(OLD, 100, 0));
    say(D, cutOff(OLD, 100, 0));
    assertMaster(B);
  }

  @Test
  void ofSeveralPromotedOnesTheOneWithTheMostOfTheHistoryIsTaken() {
    startInOrder();
    fail(A);
    fail(A);
    say(D, cutOff(OLD, 100, 0));
    say(B, master(NEW, OLD, 100));
    assertMaster(NONE);
    say(C, master(OTHER, OLD, 120));
    assertMaster(C);
  }

  @Test
  void aMasterThatIsStartedAnewIsBelievedAfterAWhile() {
    startInOrder();
    fail(A);
    fail(A);
    for (int node = B; node <= D; node++) {
      say(node, cutOff(OLD, 100, 0));
    }
    say(A, master(OTHER, null, 0));
    assertMaster(NONE);
    now += Duration.ofSeconds(3).toNanos();
    say(A, master(OTHER, null, 0));
    assertMaster(A);
  }

  @Test
  void aMasterThatIsStartedAnewIsBelievedAtOnceWhenReplicasFollowIt() {
    startInOrder();
    fail(A);
    fail(A);
    say(B, cutOff(OLD, 100, 0));
    say(C, cutOff(OLD, 100, 0));
    say(D, cutOff(OLD, 100, 0));
    say(A, master(OTHER, null, 0));
    say(B, replica(OTHER, 0));
    assertMaster(A);
  }

  @Test
  void whoIsNamedAsTheMasterIsItUnlessItSaysOtherwise() {
    startInOrder();
    List<NodeAddress> all = group.topology().nodes().stream().map(NodeState::address).toList();
    group.configure(all, all.get(B));
    assertMaster(NONE);
    say(B, master(NEW, OLD, 100));
    assertMaster(B);
    say(C, replica(OLD, 100));
    silence(B);
    assertMaster(B);
  }

  @Test
  void whoCannotBeAskedIsTheMasterIfItIsListedFirst() {
    start("a", "b");
    say(A, mute());
    assertMaster(NONE);
    say(B, mute());
    assertMaster(A);
    assertThat(health(A)).isEqualTo(NodeHealth.Status.HEALTHY);
    assertThat(health(B)).isEqualTo(NodeHealth.Status.UNHEALTHY);

    say(A, replica(OLD, 100));
    assertMaster(NONE);
  }

  /** Such as with a password that is no longer the right one. */
  @Test
  void whoRefusesToBeAskedIsTheMasterIfItIsListedFirst() {
    start("a", "b");
    refuse(A);
    refuse(B);
    assertMaster(A);
    assertThat(health(A)).isEqualTo(NodeHealth.Status.HEALTHY);

    fail(A);
    assertMaster(NONE);
  }

  @Test
  void whoCannotBeAskedAnyMoreIsWhatItWas() {
    start("a", "b");
    say(A, replica(NEW, 100));
    say(B, master(NEW, OLD, 100));
    assertMaster(B);
    say(B, mute());
    say(A, mute());
    assertMaster(B);

    say(B, master(NEW, OLD, 120));
    assertMaster(B);
  }

  @Test
  void whoCannotBeAskedIsNoMasterOnceAReplicaIsInSyncWithSomebodyElse() {
    startInOrder();
    say(A, mute());
    assertMaster(A);
    say(B, replica(NEW, 100));
    assertMaster(NONE);
    say(C, master(NEW, OLD, 100));
    assertMaster(C);
  }

  @Test
  void whoCanBeAskedIsBelievedBeforeWhoCannot() {
    start("a", "b");
    say(A, mute());
    say(B, master(OTHER, null, 100));
    assertMaster(NONE);
    now += Duration.ofSeconds(3).toNanos();
    say(B, master(OTHER, null, 100));
    assertMaster(B);
  }

  private NodeHealth.Status health(int node) {
    return group.topology().nodes().get(node).health().status();
  }

  /** It does not take the proxy's password. */
  private void refuse(int node) {
    group.onRefused(node, group.topology().address(node), "it answered -WRONGPASS", now);
  }

  private void say(int node, NodeReport report) {
    Probed.answer(group, node, report);
  }

  /** It can't be reached. */
  private void fail(int node) {
    group.onFailed(node, group.topology().address(node), "refused", false);
  }

  /** It takes the question and gives no answer. */
  private void silence(int node) {
    group.onFailed(node, group.topology().address(node), "silent", true);
  }

  private void assertMaster(int node) {
    assertThat(group.topology().master()).isEqualTo(node);
  }
}
