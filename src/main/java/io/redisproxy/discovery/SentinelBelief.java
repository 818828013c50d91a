package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.discovery.RoleCheck.Role;
import io.redisproxy.discovery.SentinelVotes.Claim;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is taken for true of what Sentinels say. None is believed alone when they disagree:
 *
 * <ul>
 *   <li>What most of all Sentinels say is right, unless the server itself says that it is a
 *       replica; but if they don't know of a failover that is believed already, only if the one
 *       that was made the master then says that it is not.
 *   <li>What fewer say is right when the server is one of the group's and says that it is the
 *       master, and no other says so that most, or some and the group has it, take for the master.
 *       That is how the word of the first Sentinel that knows of a failover counts.
 * </ul>
 *
 * @param master null before anything is known
 * @param epoch of the failover that made it the master
 * @param nodes with the master
 */
record SentinelBelief(NodeAddress master, long epoch, Set<NodeAddress> nodes) {
  static final SentinelBelief NONE = new SentinelBelief(null, 0, Set.of());

  private enum Verdict {
    RIGHT,
    WRONG,
    /** It depends on a server that hasn't answered yet. */
    OPEN
  }

  /** Those whose roles may matter. */
  Set<NodeAddress> claimed(SentinelVotes votes) {
    return Stream.concat(votes.claims().stream().map(Claim::master), Stream.ofNullable(master))
        .collect(Collectors.toSet());
  }

  /** Whether somebody says that another server of the group is the master, or about to be. */
  boolean isContested(SentinelVotes votes) {
    NodeAddress latest = votes.claims().get(0).master();
    return !latest.equals(master) && isOfGroup(latest);
  }

  /**
   * The first claim that is right; empty if none is, or when it is not clear yet.
   *
   * @param roles what the servers say that have answered
   */
  Optional<Claim> choose(SentinelVotes votes, Map<NodeAddress, Role> roles) {
    for (Claim claim : votes.claims()) {
      switch (judge(votes, claim, roles)) {
        case RIGHT -> {
          return Optional.of(claim);
        }
        case OPEN -> {
          return Optional.empty();
        }
        case WRONG -> {}
      }
    }
    return Optional.empty();
  }

  private Verdict judge(SentinelVotes votes, Claim claim, Map<NodeAddress, Role> roles) {
    boolean isOfMost = votes.isMajority(claim);
    Role role = roles.get(claim.master());
    if (!isOfMost && !isOfGroup(claim.master())) {
      return Verdict.WRONG;
    }
    if (role == null) {
      // Whoever knew of a later failover was wrong, or would have been asked for first.
      boolean isAsBefore = isOfMost && claim.epoch() >= epoch && claim.master().equals(master);
      return isAsBefore ? Verdict.RIGHT : Verdict.OPEN;
    }
    if (isOfMost && role != Role.REPLICA && claim.epoch() >= epoch) {
      return Verdict.RIGHT;
    }
    if (role != Role.MASTER) {
      return Verdict.WRONG;
    }
    return isOfMost ? judgeOld(roles.get(master)) : judgeAlone(votes, claim, roles);
  }

  /** Those who haven't heard of a failover may take a former master for it that is started anew. */
  private static Verdict judgeOld(Role ofMaster) {
    if (ofMaster == null) {
      return Verdict.OPEN;
    }
    return ofMaster == Role.MASTER ? Verdict.WRONG : Verdict.RIGHT;
  }

  private Verdict judgeAlone(SentinelVotes votes, Claim claim, Map<NodeAddress, Role> roles) {
    NodeAddress ofMost = votes.majority().map(Claim::master).orElse(null);
    Set<NodeAddress> rivals =
        claimed(votes).stream()
            .filter(node -> isOfGroup(node) || node.equals(ofMost))
            .filter(node -> !node.equals(claim.master()))
            .collect(Collectors.toSet());
    if (rivals.stream().anyMatch(node -> roles.get(node) == Role.MASTER)) {
      return Verdict.WRONG;
    }
    return roles.keySet().containsAll(rivals) ? Verdict.RIGHT : Verdict.OPEN;
  }

  private boolean isOfGroup(NodeAddress node) {
    return nodes.isEmpty() || nodes.contains(node);
  }

  /** What is believed from now on, as the claim is. Fewer don't tell what the replicas are. */
  SentinelBelief with(SentinelVotes votes, Claim claim) {
    boolean isOfMost = votes.isMajority(claim);
    boolean isContested = !isOfMost && votes.claims().size() > 1;
    // What one says before there was anything to hold it against doesn't bind.
    long fewers = nodes.isEmpty() ? 0 : claim.epoch();
    return new SentinelBelief(
        claim.master(),
        isOfMost ? claim.epochOfMost(votes.electorate()) : fewers,
        isContested && !nodes.isEmpty() ? nodes : claim.nodes(nodes));
  }
}
