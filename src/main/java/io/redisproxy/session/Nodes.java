package io.redisproxy.session;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.RoleMeters;
import io.redisproxy.upstream.NodePool;

/** An event loop's connections to the nodes of a listener, made when a node is first asked for. */
public interface Nodes {
  /** Those to one node; to be given back with {@link #leave}. */
  NodePool enter(NodeAddress node);

  void leave(NodePool pool);

  /** There was trouble with the node at an index of the group; a probe shall find out at once. */
  void suspect(int node, String reason);

  /** The same when a connection was lost, or made again: it may be another process. */
  void suspectReplaced(int node, String reason);

  /** Requests to it got no answer; it gets no more reads until probes find it fit. */
  void distrust(int node, String reason);

  /**
   * Whether the node at an index has answered a probe that began at this time of {@link
   * System#nanoTime} or later, so that what it is now is known.
   */
  boolean isProbedSince(int node, long time);

  /**
   * As {@link #isProbedSince}, of a node that has answered the last probe; true of one that hasn't.
   */
  boolean isJudgedSince(int node, long time);

  /** Nodes may let in whom they did not, or not any more those who bring no login. */
  void onLoginsChanged();

  /** What is counted of the requests to a node. */
  RoleMeters meters(NodeAddress node);

  /** Where requests go that no node is known for: nowhere. */
  NodePool nowhere();

  /** What is counted of them; nobody sees it. */
  RoleMeters unseen();
}
