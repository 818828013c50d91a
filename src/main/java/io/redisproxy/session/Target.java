package io.redisproxy.session;

import io.redisproxy.metrics.RoleMeters;
import io.redisproxy.upstream.NodeLink;
import io.redisproxy.upstream.NodePool;
import java.util.function.IntSupplier;

/**
 * A node that a listener's requests can go to, as sessions of one identity on one event loop reach
 * it.
 *
 * @param node its index in the group; that of no node stands in for a master that isn't known
 * @param link the connection that these sessions share
 * @param pool gives a session a connection of its own
 * @param master tells the index of the node that is the master now
 * @param nodes who is told of trouble
 */
record Target(
    int node, NodeLink link, NodePool pool, IntSupplier master, RoleMeters meters, Nodes nodes) {

  /** Whether it is the master at this moment; asked twice, it may have changed. */
  boolean isMaster() {
    return node == master.getAsInt();
  }

  String role() {
    return isMaster() ? "master" : "replica";
  }

  /** There was trouble with it: a probe shall find out at once. */
  void suspect(String reason) {
    nodes.suspect(node, reason);
  }

  /** Requests got no answer: as a replica it gets no more reads until probes find it fit. */
  void distrust(String reason) {
    nodes.distrust(node, reason);
  }

  /** The node's address, or a word where there is none. */
  String name() {
    return link.node() == null ? "none" : link.node().toString();
  }
}
