package io.redisproxy.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.discovery.SentinelVotes.Claim;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SentinelVotesTest {
  private static final NodeAddress A = new NodeAddress("a", 1);
  private static final NodeAddress B = new NodeAddress("b", 1);
  private static final NodeAddress C = new NodeAddress("c", 1);
  private static final NodeAddress D = new NodeAddress("d", 1);

  @Test
  void theLatestFailoverComesFirstWhoeverKnowsOfIt() {
    SentinelVotes votes =
        SentinelVotes.of(List.of(view("1", A, 3), view("2", A, 3), view("3", B, 4)), 3);

    assertThat(votes.claims()).extracting(Claim::master).containsExactly(B, A);
    assertThat(votes.majority()).map(Claim::master).contains(A);
    assertThat(votes.isMajority(votes.claims().get(0))).isFalse();
  }

  @Test
  void ofEqualEpochsWhatMostSayComesFirst() {
    assertThat(
            SentinelVotes.of(List.of(view("1", B, 3), view("2", A, 3), view("3", A, 2)), 3)
                .claims())
        .extracting(Claim::master)
        .containsExactly(A, B);
  }

  @Test
  void aSentinelHasOneVoteOverHoweverManyAddresses() {
    assertThat(SentinelVotes.of(List.of(view("1", A, 1), view("1", A, 1)), 2).majority()).isEmpty();
  }

  @Test
  void thoseThatDoNotAnswerCountAgainstAMajority() {
    assertThat(SentinelVotes.of(List.of(view("1", A, 1)), 3).majority()).isEmpty();
    assertThat(SentinelVotes.of(List.of(view("1", A, 1)), 1).majority()).isPresent();
    assertThat(SentinelVotes.of(List.of(), 3).majority()).isEmpty();
  }

  @Test
  void aReplicaComesWhenMostOfThoseKnowItWhoAgreeOnTheMasterAndGoesWhenNoneDoes() {
    Claim claim =
        SentinelVotes.of(
                List.of(
                    view("1", A, 1, B, C), view("2", A, 1, B), view("3", A, 1), view("4", C, 0, B)),
                4)
            .claims()
            .get(0);

    assertThat(claim.nodes(Set.of())).containsExactly(A, B);
    assertThat(claim.nodes(Set.of(A, C, D))).containsExactlyInAnyOrder(A, B, C);
  }

  private static SentinelView view(
      String id, NodeAddress master, long epoch, NodeAddress... known) {
    return new SentinelView(
        new NodeAddress(id, 26379), id, master, epoch, List.of(known), Map.of());
  }
}
