package io.redisproxy.route;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.topology.Topology;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * The nodes that reads may go to by one {@link Topology}, those of the preferred zone first.
 *
 * @param topology what they come from
 * @param tiers the nodes of the proxy's own zone, and the others; only one if no node is there
 */
record Candidates(Topology topology, Tier[] tiers) {

  /**
   * Nodes that are as good as each other.
   *
   * @param nodes their indices in the topology
   * @param weights their shares, in the same order
   * @param turns the indices in the order in which they take turns, each as often as it weighs
   */
  record Tier(int[] nodes, int[] weights, int[] turns) {}

  static final Candidates NONE = new Candidates(null, new Tier[0]);

  /**
   * {@code zone}: the proxy's own, empty if it isn't known.
   *
   * @param listed gives a node as it is listed, by which it is known what to prefer
   */
  static Candidates of(
      Topology topology,
      ReadPreference preference,
      String zone,
      UnaryOperator<NodeAddress> listed) {
    IntFunction<NodeAddress> names = node -> listed.apply(topology.address(node));
    int[] all =
        candidates(topology, preference)
            .filter(node -> preference.weightOf(names.apply(node)) > 0)
            .toArray();
    IntPredicate near =
        node -> !zone.isEmpty() && zoneOf(topology, preference, node, names).equals(zone);
    int[] preferred = Arrays.stream(all).filter(near).toArray();
    int[] others = Arrays.stream(all).filter(near.negate()).toArray();
    Tier[] tiers =
        Arrays.stream(new int[][] {preferred, others})
            .filter(nodes -> nodes.length > 0)
            .map(nodes -> tier(nodes, names, preference))
            .toArray(Tier[]::new);
    return new Candidates(topology, tiers);
  }

  /** The user's word counts before that of the source. */
  private static String zoneOf(
      Topology topology, ReadPreference preference, int node, IntFunction<NodeAddress> names) {
    String said = preference.zoneOf(names.apply(node));
    return said.isEmpty() ? topology.nodes().get(node).zone() : said;
  }

  private static IntStream candidates(Topology topology, ReadPreference preference) {
    IntStream replicas = Arrays.stream(topology.readable());
    int master = topology.master();
    return preference.includeMaster()
            && master != Topology.NONE
            && topology.nodes().get(master).isHealthy()
        ? IntStream.concat(IntStream.of(master), replicas)
        : replicas;
  }

  private static Tier tier(int[] nodes, IntFunction<NodeAddress> names, ReadPreference preference) {
    int[] weights =
        Arrays.stream(nodes).map(node -> preference.weightOf(names.apply(node))).toArray();
    return new Tier(nodes, weights, turns(nodes, weights));
  }

  /**
   * Each node as often as it weighs, spread as evenly as can be: the one that is most behind its
   * share is next, as in the smooth weighted round robin of nginx.
   */
  private static int[] turns(int[] nodes, int[] weights) {
    int divisor = Arrays.stream(weights).reduce(0, Candidates::commonDivisor);
    int total = Arrays.stream(weights).sum();
    int[] turns = new int[total / divisor];
    int[] behind = new int[nodes.length];
    for (int turn = 0; turn < turns.length; turn++) {
      int next = 0;
      for (int i = 0; i < nodes.length; i++) {
        behind[i] += weights[i];
        next = behind[i] > behind[next] ? i : next;
      }
      behind[next] -= total;
      turns[turn] = nodes[next];
    }
    return turns;
  }

  private static int commonDivisor(int a, int b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }
}
