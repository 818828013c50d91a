package io.redisproxy.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.HealthLimits;
import io.redisproxy.config.NodeAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeGroupTest {
  private static final NodeAddress A = new NodeAddress("a", 1);
  private static final NodeAddress B = new NodeAddress("b", 1);
  private static final NodeAddress C = new NodeAddress("c", 1);

  private long now;
  private final NodeGroup group = new NodeGroup("6380", HealthLimits.DEFAULT, () -> now);

  @BeforeEach
  void twoNodes() {
    group.configure(List.of(A, B), A);
    Probed.up(group, 0);
    Probed.up(group, 1);
  }

  @Test
  void aNodeKeepsItsIndexWhateverComesAndGoes() {
    group.configure(List.of(C, B, A), A);
    assertNodes("a b c", 0);
    group.configure(List.of(C, A), C);
    assertNodes("a - c", 2);
    group.configure(List.of(B, A), A);
    assertNodes("a b -", 0);
  }

  @Test
  void aNodeThatHasLeftIsNotReadAndStartsAnewWhenItIsBack() {
    assertThat(group.topology().readable()).containsExactly(1);
    group.configure(List.of(A), A);
    assertThat(group.topology().readable()).isEmpty();
    Probed.up(group, 1);
    assertThat(group.topology().readable()).isEmpty();
    group.configure(List.of(A, B), A);
    assertThat(group.topology().readable()).isEmpty();
    Probed.up(group, 1);
    assertThat(group.topology().readable()).containsExactly(1);
  }

  @Test
  void anIndexIsGivenToAnotherNodeLongAfter() {
    group.configure(List.of(A), A);
    group.configure(List.of(A, C), A);
    assertNodes("a - c", 0);
    group.configure(List.of(A), A);
    now += Duration.ofMinutes(11).toNanos();
    group.configure(List.of(A, new NodeAddress("d", 1)), A);
    assertNodes("a d -", 0);
  }

  @Test
  void whoDoesNotTellTheMasterLeavesItAsItIsAndWithItGoneThereIsNone() {
    group.configure(List.of(A, C), null);
    assertNodes("a - c", 0);
    group.configure(List.of(B, C), null);
    assertNodes("- b c", Topology.NONE);
    assertThat(group.topology().role(1)).isEqualTo("replica");
  }

  @Test
  void changesAreToldAndOnlyThose() {
    List<Topology> told = new ArrayList<>();
    group.onChange(told::add);
    group.configure(List.of(A, B), A);
    Probed.up(group, 1);
    assertThat(told).isEmpty();
    group.configure(List.of(A, B), B);
    // It was a replica when it was asked last.
    assertThat(told).extracting(Topology::master).containsExactly(Topology.NONE);
    Probed.answer(group, 1, Probed.master("2".repeat(40), "1".repeat(40), 100));
    Probed.down(group, 1);
    assertThat(told).extracting(Topology::master).containsExactly(Topology.NONE, 1, 1, 1);
    assertThat(told).extracting(Topology::members).containsOnly(group.topology().members());
    group.configure(List.of(B), B);
    assertThat(told.get(4).members()).isNotEqualTo(told.get(3).members());
  }

  @Test
  void whoIsBusyWithAScriptIsWhatItWas() {
    group.configure(List.of(A, B), null);
    Probed.busy(group, 0);
    Probed.busy(group, 1);
    assertThat(group.topology().master()).isZero();
    assertThat(group.topology().nodes().get(0).health().detail()).startsWith("it answered -BUSY");
    assertThat(group.topology().readable()).isEmpty();
    Probed.busy(group, 0);
    Probed.busy(group, 0);
    assertThat(group.topology().master()).isZero();
    Probed.up(group, 0);
    Probed.up(group, 1);
    assertThat(group.topology().nodes()).allMatch(NodeState::isHealthy);
    assertNodes("a b", 0);
  }

  @Test
  void aSecondMasterThatStaysIsNotLookedAtForEver() {
    group.configure(List.of(A, B, C), null);
    Probed.up(group, 2);
    assertThat(group.topology().isUnsettled()).isFalse();
    Probed.answer(group, 2, Probed.master("2".repeat(40), null, 100));
    assertThat(group.topology().master()).isZero();
    assertThat(group.topology().isUnsettled()).isTrue();
    now += Duration.ofSeconds(9).toNanos();
    Probed.up(group, 1);
    assertThat(group.topology().isUnsettled()).isTrue();
    now += Duration.ofSeconds(1).toNanos();
    Probed.up(group, 1);
    assertThat(group.topology().isUnsettled()).isFalse();
    Probed.answer(group, 2, Probed.master("3".repeat(40), null, 100));
    assertThat(group.topology().isUnsettled()).isTrue();
  }

  /** {@code nodes}: by index, a dash for one that has left. */
  private void assertNodes(String nodes, int master) {
    Topology topology = group.topology();
    assertThat(topology.nodes())
        .extracting(node -> node.isMember() ? node.address().host() : "-")
        .containsExactlyElementsOf(Arrays.asList(nodes.split(" ")));
    assertThat(topology.master()).isEqualTo(master);
  }
}
