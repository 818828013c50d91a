package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the Sentinels that answer say together. Each has one vote, by its id, over however many
 * addresses it can be reached.
 *
 * @param claims what is said of the master; that of the highest epoch first, among equal ones that
 *     of the most Sentinels
 * @param electorate how many Sentinels there are, with those that don't answer
 */
record SentinelVotes(List<Claim> claims, int electorate) {

  /**
   * That a node is the master.
   *
   * @param epoch the highest that is said with it
   * @param views of those who say so
   */
  record Claim(NodeAddress master, long epoch, List<SentinelView> views) {
    private Claim(NodeAddress master, List<SentinelView> views) {
      this(master, views.stream().mapToLong(SentinelView::epoch).max().orElse(0), views);
    }

    /** The epoch that more than half of all Sentinels know of, who say so. */
    long epochOfMost(int electorate) {
      return views.stream()
          .map(SentinelView::epoch)
          .sorted(Comparator.reverseOrder())
          .skip(electorate / 2)
          .findFirst()
          .orElseThrow();
    }

    /** Where those are. */
    List<NodeAddress> sentinels() {
      return views.stream().map(SentinelView::sentinel).toList();
    }

    /**
     * The master first, and its replicas. One Sentinel alone may be wrong about a replica, or not
     * know it yet, so a replica comes when most of those know it who agree on the master, and goes
     * when none does.
     */
    Set<NodeAddress> nodes(Set<NodeAddress> before) {
      Map<NodeAddress, Integer> counts = new HashMap<>();
      views.forEach(view -> view.replicas().forEach(node -> counts.merge(node, 1, Integer::sum)));
      Set<NodeAddress> nodes = new LinkedHashSet<>(List.of(master));
      counts.forEach(
          (node, count) -> {
            if (2 * count > views.size() || before.contains(node)) {
              nodes.add(node);
            }
          });
      return nodes;
    }
  }

  /** {@code electorate}: how many Sentinels there are, with those that don't answer. */
  static SentinelVotes of(Collection<SentinelView> views, int electorate) {
    Map<String, SentinelView> voters = new HashMap<>();
    views.forEach(view -> voters.putIfAbsent(view.id(), view));
    Map<NodeAddress, List<SentinelView>> byMaster = new HashMap<>();
    for (SentinelView view : voters.values()) {
      byMaster.computeIfAbsent(view.master(), master -> new ArrayList<>()).add(view);
    }
    List<Claim> claims =
        byMaster.entrySet().stream()
            .map(entry -> new Claim(entry.getKey(), entry.getValue()))
            .sorted(
                Comparator.comparingLong(Claim::epoch)
                    .thenComparingInt(claim -> claim.views().size())
                    .reversed())
            .toList();
    return new SentinelVotes(claims, electorate);
  }

  /** What more than half of all Sentinels say. */
  Optional<Claim> majority() {
    return claims.stream().filter(this::isMajority).findFirst();
  }

  boolean isMajority(Claim claim) {
    return 2 * claim.views().size() > electorate;
  }
}
