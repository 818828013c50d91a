package io.redisproxy.route;

import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Topology;
import java.util.function.IntPredicate;

/**
 * Chooses a node for a run of requests, as an index into {@link NodeGroup#nodes()}. One router
 * belongs to one event loop and one group.
 */
public final class Router {
  private final NodeGroup group;
  private int turn;

  /**
   * {@code turn}: where the round robin begins, so that event loops don't all begin at one replica.
   */
  public Router(NodeGroup group, int turn) {
    this.group = group;
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
   * The node for a run of reads: the replicas that are healthy and connected take turns; without
   * one, and while writes of the same client are on their way, it is the master, so that a read
   * does not overtake them.
   *
   * @param writesInFlight whether the client has sent writes that are not answered yet
   * @param connected whether this event loop has a connection to a node
   */
  public int forRead(boolean writesInFlight, IntPredicate connected) {
    Topology topology = group.topology();
    if (writesInFlight) {
      return topology.master();
    }
    int[] readable = topology.readable();
    for (int tried = 0; tried < readable.length; tried++) {
      int node = readable[Math.floorMod(turn++, readable.length)];
      if (connected.test(node)) {
        return node;
      }
    }
    return topology.master();
  }
}
