package io.redisproxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ReadPolicy;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Probed;
import io.redisproxy.topology.Topology;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RouterTest {
  private static final int MASTER = NodeGroup.MASTER;
  private static final NodeAddress A = new NodeAddress("a", 1);
  private static final NodeAddress B = new NodeAddress("b", 1);
  private static final NodeAddress C = new NodeAddress("c", 1);
  private final FakeReach all = new FakeReach(node -> true);

  private final NodeGroup group =
      new NodeGroup(new ListenerConfig(6380, new NodeAddress("master", 1), List.of(A, B, C)));
  private final Router router = router(0);

  @BeforeEach
  void allUp() {
    for (int node = 0; node < group.topology().nodes().size(); node++) {
      Probed.up(group, node);
    }
  }

  @Test
  void replicasTakeTurnsWithReads() {
    assertThat(reads(router, 7, all)).containsExactly(1, 2, 3, 1, 2, 3, 1);
  }

  @Test
  void routersBeginWhereTheyAreTold() {
    assertThat(reads(router(2), 4, all)).containsExactly(3, 1, 2, 3);
  }

  @Test
  void theTurnsGoOnWhenTheirNumberOverflows() {
    // The first after the overflow is the one before it again.
    assertThat(reads(router(Integer.MAX_VALUE), 6, all)).containsExactly(2, 2, 3, 1, 2, 3);
  }

  @Test
  void aReplicaThatIsDownOrNotConnectedIsPassedOver() {
    assertThat(reads(router, 4, only(node -> node != 2))).containsOnly(1, 3);
    Probed.down(group, 1);
    assertThat(reads(router, 4, all)).containsOnly(2, 3);
    assertThat(reads(router, 4, only(node -> node != 2))).containsOnly(3);
    Probed.up(group, 1);
    assertThat(reads(router, 6, all)).contains(1);
  }

  @Test
  void withoutAReplicaReadsGoToTheMasterEvenIfItIsDown() {
    assertThat(reads(router, 2, only(node -> false))).containsOnly(MASTER);
    for (int node = 0; node < group.topology().nodes().size(); node++) {
      Probed.down(group, node);
    }
    assertThat(reads(router, 2, all)).containsOnly(MASTER);
  }

  @Test
  void noReplicaIsReadFromBeforeItWasProbed() {
    NodeGroup unprobed =
        new NodeGroup(
            new ListenerConfig(
                6380, new NodeAddress("master", 1), List.of(new NodeAddress("a", 1))));

    assertThat(reads(router(unprobed, ReadPreference.DEFAULT, "", 0), 2, all))
        .containsOnly(Topology.NONE);
  }

  @Test
  void aReadDoesNotOvertakeTheClientsOwnWrites() {
    assertThat(router.forRead(0, 0, true, all)).isEqualTo(MASTER);
    assertThat(router.forRead(0, 0, false, all)).isNotEqualTo(MASTER);
  }

  @Test
  void writesGoToTheMasterWhateverItsHealth() {
    assertThat(router.forWrite()).isEqualTo(MASTER);
    Probed.down(group, MASTER);
    assertThat(router.forWrite()).isEqualTo(MASTER);
  }

  @Test
  void anExplanationTellsWhoseTurnItIsAndDoesNotEndIt() {
    assertThat(router.explainRead(0, 0, false, all))
        .isEqualTo(because(1, "replica 1 of 3 in turn"));
    assertThat(router.explainRead(0, 0, false, all))
        .isEqualTo(because(1, "replica 1 of 3 in turn"));
    assertThat(router.explainRead(0, 0, false, only(node -> node == 3)))
        .isEqualTo(because(3, "replica 3 of 3 in turn"));
    assertThat(reads(router, 1, all)).containsExactly(1);
    assertThat(router.explainRead(0, 0, false, all))
        .isEqualTo(because(2, "replica 2 of 3 in turn"));
  }

  @Test
  void anExplanationTellsWhyAReadGoesToTheMaster() {
    assertThat(router.explainRead(0, 0, true, all))
        .isEqualTo(because(MASTER, "writes of this client are unanswered"));
    assertThat(router.explainRead(0, 0, false, only(node -> false)))
        .isEqualTo(because(MASTER, "no healthy replica is connected and in sync"));
    for (int node = 1; node < group.topology().nodes().size(); node++) {
      Probed.down(group, node);
    }
    assertThat(router.explainRead(0, 0, false, all))
        .isEqualTo(because(MASTER, "no healthy replica (a:1: test; b:1: test; c:1: test)"));
    NodeGroup alone =
        new NodeGroup(new ListenerConfig(6380, new NodeAddress("master", 1), List.of()));
    Probed.up(alone, MASTER);
    assertThat(router(alone, ReadPreference.DEFAULT, "", 0).explainRead(0, 0, false, all))
        .isEqualTo(because(MASTER, "the listener has no replicas"));
  }

  @Test
  void weightsAreSharesAndSpread() {
    Router weighted = router(weights(Map.of(A, 5, B, 1, C, 1)), "");
    assertThat(reads(weighted, 7, all)).containsExactly(1, 1, 2, 1, 3, 1, 1);
    assertThat(reads(router(weights(Map.of(A, 10, B, 20, C, 0)), ""), 6, all))
        .containsExactly(2, 1, 2, 2, 1, 2);
  }

  @Test
  void noReplicaHasAWeight() {
    Router weightless = router(weights(Map.of(A, 0, B, 0, C, 0)), "");
    assertThat(reads(weightless, 2, all)).containsOnly(MASTER);
    assertThat(weightless.explainRead(0, 0, false, all))
        .isEqualTo(because(MASTER, "no replica with a weight above 0 is healthy"));
  }

  @Test
  void replicasOfTheOwnZoneAreReadFromWhileOneOfThemCanServe() {
    Router zoned = router(preference(ReadPolicy.ROUND_ROBIN, Map.of(A, "x", B, "y", C, "y")), "y");
    assertThat(reads(zoned, 4, all)).containsExactly(2, 3, 2, 3);
    assertThat(reads(zoned, 2, only(node -> node != 2))).containsExactly(3, 3);
    assertThat(reads(zoned, 2, only(node -> node == 1))).containsExactly(1, 1);
    Probed.down(group, 2);
    Probed.down(group, 3);
    assertThat(reads(zoned, 2, all)).containsExactly(1, 1);
    Router elsewhere = router(preference(ReadPolicy.ROUND_ROBIN, Map.of(A, "x")), "z");
    Probed.up(group, 2);
    assertThat(reads(elsewhere, 2, all)).containsExactly(1, 2);
  }

  @Test
  void zonesThatTheSourceTellsCountWhereTheUserTellsNone() {
    NodeAddress master = new NodeAddress("master", 1);
    List<NodeAddress> members = List.of(master, A, B, C);
    Router zoned = router(preference(ReadPolicy.ROUND_ROBIN, Map.of(C, "x")), "y");
    group.configure(members, master, Map.of(A, "x", B, "y", C, "y"));
    assertThat(reads(zoned, 2, all)).containsExactly(2, 2);
    group.configure(members, master, Map.of(A, "y", B, "x"));
    assertThat(reads(zoned, 2, all)).containsExactly(1, 1);
    group.configure(members, master);
    assertThat(reads(zoned, 3, all)).containsOnly(1, 2, 3);
  }

  @Test
  void theMasterTakesItsShareIfItShall() {
    Router sharing =
        router(new ReadPreference(ReadPolicy.ROUND_ROBIN, true, Map.of(), Map.of()), "");
    assertThat(reads(sharing, 4, all)).containsExactly(MASTER, 1, 2, 3);
    assertThat(sharing.explainRead(0, 0, false, all))
        .isEqualTo(because(MASTER, "the listener lets the master take a share"));
    sharing.forRead(0, 0, false, all);
    assertThat(sharing.reason()).isEqualTo(ReadReason.SHARE);
    Probed.down(group, MASTER);
    assertThat(reads(sharing, 4, all)).doesNotContain(MASTER);
  }

  @Test
  void theReplicaThatOwesTheFewestRepliesIsNext() {
    Router least = router(preference(ReadPolicy.LEAST_PENDING, Map.of()), "");
    all.pending.putAll(Map.of(1, 5, 2, 3, 3, 4));
    assertThat(reads(least, 3, all)).containsOnly(2);
    assertThat(least.explainRead(0, 0, false, all))
        .isEqualTo(because(2, "replica 2 of 3 by fewest pending"));
    all.pending.put(2, 4);
    assertThat(reads(least, 3, all)).contains(2, 3);
    Router heavy =
        router(new ReadPreference(ReadPolicy.LEAST_PENDING, false, Map.of(A, 2), Map.of()), "");
    assertThat(reads(heavy, 3, all)).containsOnly(1);
  }

  @Test
  void theReplicaThatIsLikelyToAnswerSoonestIsNext() {
    Router soonest = router(preference(ReadPolicy.LOWEST_LATENCY, Map.of()), "");
    Probed.late(group, 1, Duration.ofMillis(4));
    Probed.late(group, 2, Duration.ofMillis(1));
    Probed.late(group, 3, Duration.ofMillis(2));
    assertThat(reads(soonest, 3, all)).containsOnly(2);
    all.pending.put(2, 2);
    assertThat(reads(soonest, 3, all)).containsOnly(3);
  }

  @Test
  void aClientKeepsItsReplicaAndComesBackToIt() {
    Router sticky = router(preference(ReadPolicy.STICKY, Map.of()), "");
    Map<Integer, Integer> clients = new HashMap<>();
    for (int client = 0; client < 3000; client++) {
      int node = sticky.forRead(client, 0, false, all);
      clients.merge(node, 1, Integer::sum);
      assertThat(router(7).forScript(client, 0, false, all)).isEqualTo(node);
      assertThat(sticky.forRead(client, 0, false, all)).isEqualTo(node);
      int without = sticky.forRead(client, 0, false, only(each -> each != 1));
      assertThat(without).isNotEqualTo(1);
      assertThat(node == 1 || without == node).as("only the clients of a lost node go").isTrue();
    }
    assertThat(clients.keySet()).containsOnly(1, 2, 3);
    assertThat(clients.values()).allMatch(share -> share > 900 && share < 1100);
  }

  @Test
  void clientsThatKeepTheirReplicasAreSharedByWeight() {
    Router sticky =
        router(new ReadPreference(ReadPolicy.STICKY, false, Map.of(A, 2), Map.of()), "");
    long atA = IntStream.range(0, 4000).filter(i -> sticky.forRead(i, 0, false, all) == 1).count();
    assertThat(atA).isBetween(1900L, 2100L);
  }

  private Router router(int turn) {
    return router(group, ReadPreference.DEFAULT, "", turn);
  }

  private Router router(ReadPreference preference, String zone) {
    return router(group, preference, zone, 0);
  }

  private static Router router(NodeGroup group, ReadPreference preference, String zone, int turn) {
    return new Router(group, null, preference, zone, node -> node, turn);
  }

  private static ReadPreference weights(Map<NodeAddress, Integer> weights) {
    return new ReadPreference(ReadPolicy.ROUND_ROBIN, false, weights, Map.of());
  }

  private static ReadPreference preference(ReadPolicy policy, Map<NodeAddress, String> zones) {
    return new ReadPreference(policy, false, Map.of(), zones);
  }

  private static FakeReach only(IntPredicate connected) {
    return new FakeReach(connected);
  }

  private record FakeReach(IntPredicate connected, Map<Integer, Integer> pending) implements Reach {
    FakeReach(IntPredicate connected) {
      this(connected, new HashMap<>());
    }

    @Override
    public boolean isConnected(int node) {
      return connected.test(node);
    }

    @Override
    public int pending(int node) {
      return pending.getOrDefault(node, 0);
    }
  }

  private static Explanation because(int node, String why) {
    return new Explanation(node, why);
  }

  private static List<Integer> reads(Router router, int count, Reach connected) {
    return IntStream.range(0, count).mapToObj(i -> router.forRead(0, 0, false, connected)).toList();
  }
}
