package io.redisproxy.route;

import io.redisproxy.topology.Topology;

/**
 * Which node a read would get, and why.
 *
 * @param node its index in {@link Topology#nodes()}
 * @param why it is this replica; or if it is the master, why it is no replica
 */
public record Explanation(int node, String why) {
  static final String WRITES_IN_FLIGHT = "writes of this client are unanswered";
  static final String RECENT_WRITE =
      "no replica is known to have what was just written to its keys";
  static final String NO_REPLICAS = "the listener has no replicas";
  static final String NONE_HEALTHY = "no healthy replica";
  static final String NONE_CONNECTED = "no healthy replica is connected";
}
