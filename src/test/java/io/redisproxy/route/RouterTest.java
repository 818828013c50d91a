package io.redisproxy.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Probed;
import io.redisproxy.topology.Topology;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RouterTest {
  private static final int MASTER = NodeGroup.MASTER;
  private static final IntPredicate ALL = node -> true;

  private final NodeGroup group =
      new NodeGroup(
          new ListenerConfig(
              6380,
              new NodeAddress("master", 1),
              List.of(new NodeAddress("a", 1), new NodeAddress("b", 1), new NodeAddress("c", 1))));
  private final Router router = new Router(group, null, 0);

  @BeforeEach
  void allUp() {
    for (int node = 0; node < group.topology().nodes().size(); node++) {
      Probed.up(group, node);
    }
  }

  @Test
  void replicasTakeTurnsWithReads() {
    assertThat(reads(router, 7, ALL)).containsExactly(1, 2, 3, 1, 2, 3, 1);
  }

  @Test
  void routersBeginWhereTheyAreTold() {
    assertThat(reads(new Router(group, null, 2), 4, ALL)).containsExactly(3, 1, 2, 3);
  }

  @Test
  void theTurnsGoOnWhenTheirNumberOverflows() {
    // The first after the overflow is the one before it again.
    assertThat(reads(new Router(group, null, Integer.MAX_VALUE), 6, ALL))
        .containsExactly(2, 2, 3, 1, 2, 3);
  }

  @Test
  void aReplicaThatIsDownOrNotConnectedIsPassedOver() {
    assertThat(reads(router, 4, node -> node != 2)).containsOnly(1, 3);
    Probed.down(group, 1);
    assertThat(reads(router, 4, ALL)).containsOnly(2, 3);
    assertThat(reads(router, 4, node -> node != 2)).containsOnly(3);
    Probed.up(group, 1);
    assertThat(reads(router, 6, ALL)).contains(1);
  }

  @Test
  void withoutAReplicaReadsGoToTheMasterEvenIfItIsDown() {
    assertThat(reads(router, 2, node -> false)).containsOnly(MASTER);
    for (int node = 0; node < group.topology().nodes().size(); node++) {
      Probed.down(group, node);
    }
    assertThat(reads(router, 2, ALL)).containsOnly(MASTER);
  }

  @Test
  void noReplicaIsReadFromBeforeItWasProbed() {
    NodeGroup unprobed =
        new NodeGroup(
            new ListenerConfig(
                6380, new NodeAddress("master", 1), List.of(new NodeAddress("a", 1))));

    assertThat(reads(new Router(unprobed, null, 0), 2, ALL)).containsOnly(Topology.NONE);
  }

  @Test
  void aReadDoesNotOvertakeTheClientsOwnWrites() {
    assertThat(router.forRead(0, true, ALL)).isEqualTo(MASTER);
    assertThat(router.forRead(0, false, ALL)).isNotEqualTo(MASTER);
  }

  @Test
  void writesGoToTheMasterWhateverItsHealth() {
    assertThat(router.forWrite()).isEqualTo(MASTER);
    Probed.down(group, MASTER);
    assertThat(router.forWrite()).isEqualTo(MASTER);
  }

  @Test
  void anExplanationTellsWhoseTurnItIsAndDoesNotEndIt() {
    assertThat(router.explainRead(0, false, ALL)).isEqualTo(because(1, "replica 1 of 3 in turn"));
    assertThat(router.explainRead(0, false, ALL)).isEqualTo(because(1, "replica 1 of 3 in turn"));
    assertThat(router.explainRead(0, false, node -> node == 3))
        .isEqualTo(because(3, "replica 3 of 3 in turn"));
    assertThat(reads(router, 1, ALL)).containsExactly(1);
    assertThat(router.explainRead(0, false, ALL)).isEqualTo(because(2, "replica 2 of 3 in turn"));
  }

  @Test
  void anExplanationTellsWhyAReadGoesToTheMaster() {
    assertThat(router.explainRead(0, true, ALL))
        .isEqualTo(because(MASTER, "writes of this client are unanswered"));
    assertThat(router.explainRead(0, false, node -> false))
        .isEqualTo(because(MASTER, "no healthy replica is connected"));
    for (int node = 1; node < group.topology().nodes().size(); node++) {
      Probed.down(group, node);
    }
    assertThat(router.explainRead(0, false, ALL)).isEqualTo(because(MASTER, "no healthy replica"));
    NodeGroup alone =
        new NodeGroup(new ListenerConfig(6380, new NodeAddress("master", 1), List.of()));
    Probed.up(alone, MASTER);
    assertThat(new Router(alone, null, 0).explainRead(0, false, ALL))
        .isEqualTo(because(MASTER, "the listener has no replicas"));
  }

  private static Explanation because(int node, String why) {
    return new Explanation(node, why);
  }

  private static List<Integer> reads(Router router, int count, IntPredicate connected) {
    return IntStream.range(0, count).mapToObj(i -> router.forRead(0, false, connected)).toList();
  }
}
