package io.redisproxy.session;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.RoleMeters;
import io.redisproxy.upstream.NodePool;

/** An event loop's connections to the nodes of a listener, made when a node is first asked for. */
public interface Nodes {
  /** Those to one node; to be given back with {@link #leave}. */
  NodePool enter(NodeAddress node);

  void leave(NodePool pool);

  /** What is counted of the requests to a node. */
  RoleMeters meters(NodeAddress node);

  /** Where requests go that no node is known for: nowhere. */
  NodePool nowhere();

  /** What is counted of them; nobody sees it. */
  RoleMeters unseen();
}
