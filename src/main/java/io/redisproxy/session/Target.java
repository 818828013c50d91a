package io.redisproxy.session;

import io.redisproxy.metrics.RoleMeters;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;
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

  /**
   * The connection that sessions share, connected or on the way to be; null while the node can't be
   * reached, or is not known to be what it was: see {@link #failure()}.
   */
  NodeConnection connection() {
    return isDoubtful() ? null : link.connection();
  }

  boolean isConnected() {
    return link.isConnected() && !isDoubtful();
  }

  /** The same, or a script keeps it too busy to do more than say so. */
  boolean isAnswering() {
    return (link.isConnected() || link.isTooBusy()) && !isDoubtful();
  }

  /**
   * Whether the connection was lost, and no probe has been answered since it was made again. Who
   * has an address may be another process by then, without any data.
   */
  boolean isDoubtful() {
    if (!link.isDoubted()) {
      return false;
    }
    if (link.isToBeMadeAgain() || !isProbedSince(link.doubtedAt())) {
      return true;
    }
    link.onConfirmed();
    return false;
  }

  /** Whether it does not let sessions of this user in. */
  boolean refusesLogin() {
    return link.refusesLogin();
  }

  /** Whether it has answered a probe that began later. */
  boolean isProbedSince(long time) {
    return nodes.isProbedSince(node, time);
  }

  /** Whether what it is was looked into since then, or can't be. */
  boolean isJudgedSince(long time) {
    return nodes.isJudgedSince(node, time);
  }

  /** Why there is no connection. */
  NodeFailure failure() {
    NodeFailure failure = link.failure();
    return isDoubtful() && (link.isConnected() || failure == null)
        ? new NodeFailure(link.node(), "whether it is the same as before is not known yet", false)
        : failure;
  }

  /** Something waits for the connection. */
  void hurry() {
    if (link.isConnected()) {
      suspect("it may be another one than before its connection was lost");
    } else {
      link.hurry();
    }
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
