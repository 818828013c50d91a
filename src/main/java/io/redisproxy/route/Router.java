package io.redisproxy.route;

import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Topology;
import java.util.function.IntPredicate;

/**
 * Chooses a node for a run of requests, as an index into {@link Topology#nodes()}. One router
 * belongs to one event loop and one group.
 */
public final class Router {
  private final NodeGroup group;
  private final GroupConsistency consistency;
  private ReadReason reason = ReadReason.HEALTH;
  private int turn;

  /**
   * {@code consistency}: null if reads may be stale.
   *
   * @param turn where the round robin begins, so that event loops don't all begin at one replica.
   */
  public Router(NodeGroup group, GroupConsistency consistency, int turn) {
    this.group = group;
    this.consistency = consistency;
    this.turn = turn;
  }

  /** What is known of the nodes now. */
  public Topology topology() {
    return group.topology();
  }

  /** The node that writes go to. */
  public int forWrite() {
    return group.topology().master();
  }

  /**
   * The node for a run of reads: the replicas that are healthy, connected and far enough take
   * turns; without one it is the master.
   *
   * @param needed the round that the first read needs, see {@link WriteTable#needed}
   * @param writesInFlight whether the client has sent writes that are not answered yet
   * @param connected whether this event loop has a connection to a node
   */
  public int forRead(long needed, boolean writesInFlight, IntPredicate connected) {
    Topology topology = group.topology();
    if (consistency == null && writesInFlight) {
      reason = ReadReason.ORDER;
      return topology.master();
    }
    reason = ReadReason.HEALTH;
    int[] readable = topology.readable();
    for (int tried = 0; tried < readable.length; tried++) {
      int node = readable[Math.floorMod(turn++, readable.length)];
      if (!connected.test(node)) {
        continue;
      }
      if (hasReached(node, needed)) {
        reason = ReadReason.REPLICA;
        return node;
      }
      reason = ReadReason.RECENT_WRITE;
    }
    return topology.master();
  }

  /**
   * The node for a script that only reads: for the same keys it is the same replica, while that is
   * fit, since a script can give cursors away that mean nothing elsewhere.
   *
   * @param hash of the keys
   */
  public int forScript(int hash, long needed, boolean writesInFlight, IntPredicate connected) {
    int before = turn;
    turn = hash;
    int node = forRead(needed, writesInFlight, connected);
    turn = before;
    return node;
  }

  /** Whether a replica has what a read needs. */
  public boolean hasReached(int node, long needed) {
    return consistency == null || consistency.hasReached(node, needed);
  }

  /** Why the last read went where it did. */
  public ReadReason reason() {
    return reason;
  }

  /** What {@link #forRead} would say now, with the reason; nobody's turn is over by that. */
  public Explanation explainRead(long needed, boolean writesInFlight, IntPredicate connected) {
    int before = turn;
    int node = forRead(needed, writesInFlight, connected);
    turn = before;
    Topology topology = group.topology();
    int replicas = (int) topology.replicas().count();
    if (node != topology.master()) {
      int place = (int) topology.replicas().filter(each -> each <= node).count();
      return new Explanation(node, "replica " + place + " of " + replicas + " in turn");
    }
    String why = Explanation.NONE_CONNECTED;
    if (reason == ReadReason.ORDER) {
      why = Explanation.WRITES_IN_FLIGHT;
    } else if (reason == ReadReason.RECENT_WRITE) {
      why = Explanation.RECENT_WRITE;
    } else if (replicas == 0) {
      why = Explanation.NO_REPLICAS;
    } else if (topology.readable().length == 0) {
      why = Explanation.NONE_HEALTHY;
    }
    return new Explanation(node, why);
  }
}
