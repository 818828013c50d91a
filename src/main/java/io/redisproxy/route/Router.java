package io.redisproxy.route;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ReadPolicy;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.ReplicationLag;
import io.redisproxy.topology.Topology;
import java.util.function.UnaryOperator;

/**
 * Chooses a node for a run of requests, as an index into {@link Topology#nodes()}. One router
 * belongs to one event loop and one group.
 */
public final class Router {
  private final NodeGroup group;
  private final GroupConsistency consistency;
  private final UnaryOperator<NodeAddress> listed;

  private ReadPreference preference;
  private String zone;

  /** Made anew when the topology, the preference or the zone is another one. */
  private Candidates candidates = Candidates.NONE;

  private ReadReason reason = ReadReason.HEALTH;
  private int turn;

  /**
   * {@code consistency}: null if reads may be stale.
   *
   * @param zone where the proxy is, empty if it isn't known
   * @param listed gives a node as it is listed, if its name stands for it
   * @param turn where the round robin begins, so that event loops don't all begin at one replica.
   */
  public Router(
      NodeGroup group,
      GroupConsistency consistency,
      ReadPreference preference,
      String zone,
      UnaryOperator<NodeAddress> listed,
      int turn) {
    this.group = group;
    this.consistency = consistency;
    this.preference = preference;
    this.zone = zone;
    this.listed = listed;
    this.turn = turn;
  }

  /** Reads shall go elsewhere from now on. */
  public void prefer(ReadPreference next) {
    preference = next;
    candidates = Candidates.NONE;
  }

  /** The proxy is in another zone than was known. */
  public void moveTo(String next) {
    zone = next;
    candidates = Candidates.NONE;
  }

  /** How far the replicas are behind. */
  public ReplicationLag lag() {
    return group.lag();
  }

  /** What is known of the nodes now. */
  public Topology topology() {
    return group.topology();
  }

  /** Whether the master shall be told what its replicas are asked for. */
  public boolean touchesMaster() {
    return preference.touchMaster();
  }

  /** The node that writes go to. */
  public int forWrite() {
    return group.topology().master();
  }

  /**
   * The node for a run of reads: of the nodes that are healthy, connected and far enough the one
   * that the listener's policy says; without one it is the master.
   *
   * @param client a number that stands for the client
   * @param needed the round that the first read needs, see {@link WriteTable#needed}
   * @param writesInFlight whether the client has sent writes that are not answered yet
   */
  public int forRead(long client, long needed, boolean writesInFlight, Reach reach) {
    return choose(preference.policy(), client, needed, writesInFlight, reach);
  }

  /**
   * The node for a script that only reads: for the same keys it is the same replica, while that is
   * fit, since a script can give cursors away that mean nothing elsewhere.
   *
   * @param hash of the keys
   */
  public int forScript(int hash, long needed, boolean writesInFlight, Reach reach) {
    return choose(ReadPolicy.STICKY, hash, needed, writesInFlight, reach);
  }

  private int choose(
      ReadPolicy policy, long client, long needed, boolean writesInFlight, Reach reach) {
    Topology topology = group.topology();
    if (consistency == null && writesInFlight) {
      reason = ReadReason.ORDER;
      return topology.master();
    }
    if (candidates.topology() != topology) {
      candidates = Candidates.of(topology, preference, zone, listed);
    }
    reason = ReadReason.HEALTH;
    for (Candidates.Tier tier : candidates.tiers()) {
      int node =
          policy == ReadPolicy.ROUND_ROBIN
              ? inTurn(tier, needed, reach)
              : best(policy, tier, client, needed, reach);
      if (node != Topology.NONE) {
        reason = node == topology.master() ? ReadReason.SHARE : ReadReason.REPLICA;
        return node;
      }
    }
    return topology.master();
  }

  private int inTurn(Candidates.Tier tier, long needed, Reach reach) {
    int[] turns = tier.turns();
    for (int tried = 0; tried < turns.length; tried++) {
      int node = turns[Math.floorMod(turn++, turns.length)];
      if (isFit(node, needed, reach)) {
        return node;
      }
    }
    return Topology.NONE;
  }

  private int best(ReadPolicy policy, Candidates.Tier tier, long client, long needed, Reach reach) {
    int[] nodes = tier.nodes();
    // Those that are as good as each other take turns.
    int first = Math.floorMod(turn++, nodes.length);
    int best = Topology.NONE;
    double least = Double.MAX_VALUE;
    for (int i = 0; i < nodes.length; i++) {
      int at = (first + i) % nodes.length;
      if (isFit(nodes[at], needed, reach)) {
        double cost = cost(policy, nodes[at], client, reach) / tier.weights()[at];
        if (cost < least) {
          least = cost;
          best = nodes[at];
        }
      }
    }
    return best;
  }

  /** What it would cost, in a unit of the policy's own, to let the node have the read. */
  private double cost(ReadPolicy policy, int node, long client, Reach reach) {
    return switch (policy) {
      case LEAST_PENDING -> reach.pending(node) + 1;
      case LOWEST_LATENCY ->
          (double) Math.max(1, topology().nodes().get(node).health().latencyNanos())
              * (reach.pending(node) + 1);
      default -> Rendezvous.cost(client, topology().address(node).hashCode());
    };
  }

  private boolean isFit(int node, long needed, Reach reach) {
    if (!reach.isConnected(node)) {
      return false;
    }
    if (hasReached(node, needed)) {
      return true;
    }
    if (consistency.isInOrder(node)) {
      reason = ReadReason.RECENT_WRITE;
    }
    return false;
  }

  /** Whether a node has what a read needs. */
  public boolean hasReached(int node, long needed) {
    return consistency == null
        || node == group.topology().master()
        || consistency.hasReached(node, needed);
  }

  /** Why the last read went where it did. */
  public ReadReason reason() {
    return reason;
  }

  /** What {@link #forRead} would say now, with the reason; nobody's turn is over by that. */
  public Explanation explainRead(long client, long needed, boolean writesInFlight, Reach reach) {
    int before = turn;
    int node = forRead(client, needed, writesInFlight, reach);
    turn = before;
    return new Explanation(
        node,
        switch (reason) {
          case REPLICA -> Explanation.ofReplica(node, topology(), preference.policy());
          case SHARE -> Explanation.SHARE;
          case ORDER -> Explanation.WRITES_IN_FLIGHT;
          case RECENT_WRITE -> Explanation.RECENT_WRITE;
          default -> whyNone();
        });
  }

  private String whyNone() {
    Topology topology = topology();
    if (topology.replicas().findAny().isEmpty()) {
      return Explanation.NO_REPLICAS;
    }
    if (topology.readable().length == 0) {
      return Explanation.noneHealthy(topology);
    }
    return candidates.tiers().length == 0 ? Explanation.NONE_WEIGHS : Explanation.NONE_IN_ORDER;
  }
}
