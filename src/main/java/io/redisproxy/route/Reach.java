package io.redisproxy.route;

/** What a router has to know of one event loop's connections to the nodes of a group. */
public interface Reach {
  /** Whether there is a connection to the node at an index. */
  boolean isConnected(int node);

  /** How many runs of requests it has not answered yet. */
  int pending(int node);
}
