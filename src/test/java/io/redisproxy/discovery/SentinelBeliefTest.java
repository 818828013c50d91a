package io.redisproxy.discovery;

import static io.redisproxy.discovery.RoleCheck.Role.MASTER;
import static io.redisproxy.discovery.RoleCheck.Role.REPLICA;
import static io.redisproxy.discovery.RoleCheck.Role.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.discovery.RoleCheck.Role;
import io.redisproxy.discovery.SentinelVotes.Claim;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Three Sentinels, and what they say of servers A and B of the group, and of a stranger. */
class SentinelBeliefTest {
  private static final NodeAddress A = new NodeAddress("a", 1);
  private static final NodeAddress B = new NodeAddress("b", 1);
  private static final NodeAddress STRANGER = new NodeAddress("stranger", 1);

  private final SentinelBelief belief = new SentinelBelief(A, 1, Set.of(A, B));

  @Test
  void whatMostSayIsRightWhetherTheServerAnswersOrNot() {
    SentinelVotes votes = votes(B, 2, B, 2, A, 1);

    assertThat(chosen(belief, votes, Map.of(B, MASTER))).contains(B);
    assertThat(chosen(belief, votes, Map.of(B, UNKNOWN))).contains(B);
    assertThat(chosen(SentinelBelief.NONE, votes, Map.of(B, UNKNOWN))).contains(B);
  }

  @Test
  void whatNobodyContradictsNeedsNoServersWord() {
    assertThat(chosen(belief, votes(A, 1, A, 1, A, 1), Map.of())).contains(A);
    assertThat(chosen(belief, votes(A, 1, A, 1, STRANGER, 9), Map.of())).contains(A);
    assertThat(chosen(belief, votes(A, 1, A, 1, B, 9), Map.of())).isEmpty();
  }

  @Test
  void aServerThatSaysThatItIsAReplicaIsNotTheMaster() {
    assertThat(chosen(belief, votes(B, 2, B, 2, B, 2), Map.of(A, MASTER, B, REPLICA))).isEmpty();
  }

  @Test
  void theFirstThatKnowsOfAFailoverIsRightWhenTheFormerMasterIsGone() {
    SentinelVotes votes = votes(B, 2, A, 1, A, 1);

    assertThat(chosen(belief, votes, Map.of(B, MASTER))).isEmpty();
    assertThat(chosen(belief, votes, Map.of(A, UNKNOWN, B, MASTER))).contains(B);
    assertThat(chosen(belief, votes, Map.of(A, REPLICA, B, MASTER))).contains(B);
  }

  @Test
  void whileBothSayThatTheyAreTheMasterMostSentinelsDecide() {
    Map<NodeAddress, Role> both = Map.of(A, MASTER, B, MASTER);

    assertThat(chosen(belief, votes(B, 2, A, 1, A, 1), both)).contains(A);
    assertThat(chosen(belief, votes(B, 2, B, 2, A, 1), both)).contains(B);
    assertThat(chosen(belief, votes(B, 2, B, 2, A, 9), both)).contains(B);
  }

  @Test
  void mostAreNotRightAboutAFailoverThatAnotherKnewBefore() {
    SentinelBelief later = belief.with(votes(B, 2, A, 1, A, 1), claim(votes(B, 2, A, 1, A, 1), B));

    assertThat(later.nodes()).containsExactlyInAnyOrder(A, B);
    assertThat(chosen(later, votes(B, 2, A, 1, A, 1), Map.of(A, UNKNOWN, B, UNKNOWN))).isEmpty();
  }

  @Test
  void aFormerMasterThatIsStartedAnewIsNotTheMasterForThoseWhoHaveNotHeardOfTheFailover() {
    SentinelVotes votes = votes(B, 2, A, 1, A, 1);
    SentinelBelief later = belief.with(votes, claim(votes, B));

    assertThat(chosen(later, votes, Map.of(A, MASTER, B, MASTER))).isEmpty();
    assertThat(chosen(later, votes, Map.of(A, MASTER, B, REPLICA))).contains(A);
    assertThat(chosen(later, votes(B, 2, B, 2, A, 1), Map.of(A, MASTER, B, MASTER))).contains(B);
  }

  @Test
  void anEpochCountsWhenMostKnowOfIt() {
    SentinelVotes votes = votes(A, 1000, A, 3, A, 2);

    assertThat(belief.with(votes, claim(votes, A)).epoch()).isEqualTo(3);
  }

  @Test
  void oneAloneDoesNotBringAServerInThatIsNotOfTheGroup() {
    SentinelVotes votes = votes(STRANGER, 1000, B, 2, B, 2);

    assertThat(chosen(belief, votes, Map.of(STRANGER, MASTER, B, MASTER))).contains(B);
    assertThat(chosen(belief, votes(STRANGER, 1000), Map.of(STRANGER, MASTER))).isEmpty();
  }

  @Test
  void oneThatWasBelievedWhenItAnsweredAloneIsNotWhenTheOthersAreBack() {
    SentinelVotes alone = votes(STRANGER, 1000);
    assertThat(chosen(SentinelBelief.NONE, alone, Map.of(STRANGER, MASTER))).contains(STRANGER);
    SentinelBelief wrong = SentinelBelief.NONE.with(alone, claim(alone, STRANGER));

    SentinelVotes all = votes(STRANGER, 1000, A, 1, A, 1);
    Map<NodeAddress, Role> roles = Map.of(STRANGER, MASTER, A, MASTER);
    assertThat(chosen(wrong, all, roles)).contains(A);
    SentinelBelief right = wrong.with(all, claim(all, A));
    assertThat(right.nodes()).containsExactly(A);
    assertThat(chosen(right, all, roles)).contains(A);
  }

  private static Optional<NodeAddress> chosen(
      SentinelBelief belief, SentinelVotes votes, Map<NodeAddress, Role> roles) {
    return belief.choose(votes, roles).map(Claim::master);
  }

  private static Claim claim(SentinelVotes votes, NodeAddress master) {
    return votes.claims().stream()
        .filter(claim -> claim.master().equals(master))
        .findFirst()
        .orElseThrow();
  }

  /** {@code said}: the master and the epoch that each Sentinel names that answers, of three. */
  private static SentinelVotes votes(Object... said) {
    List<SentinelView> views = new ArrayList<>();
    for (int i = 0; i < said.length; i += 2) {
      String id = "sentinel" + i;
      views.add(
          new SentinelView(
              new NodeAddress(id, 26379),
              id,
              (NodeAddress) said[i],
              (Integer) said[i + 1],
              List.of(),
              Map.of()));
    }
    return SentinelVotes.of(views, 3);
  }
}
