package io.redisproxy.route;

import io.redisproxy.config.ReadPolicy;
import io.redisproxy.topology.Topology;
import java.util.stream.Collectors;

/**
 * Which node a read would get, and why.
 *
 * @param node its index in {@link Topology#nodes()}
 * @param why it is this replica; or if it is the master, why it is no replica
 */
public record Explanation(int node, String why) {
  static final String SHARE = "the listener lets the master take a share";
  static final String WRITES_IN_FLIGHT = "writes of this client are unanswered";
  static final String RECENT_WRITE =
      "no replica is known to have what was just written to its keys";
  static final String NO_REPLICAS = "the listener has no replicas";
  static final String NONE_WEIGHS = "no replica with a weight above 0 is healthy";
  static final String NONE_HEALTHY = "no healthy replica";
  static final String NONE_IN_ORDER = "no healthy replica is connected and in sync";

  /** With what is wrong with each. */
  static String noneHealthy(Topology topology) {
    return NONE_HEALTHY
        + topology
            .replicas()
            .mapToObj(
                node ->
                    topology.address(node) + ": " + topology.nodes().get(node).health().detail())
            .collect(Collectors.joining("; ", " (", ")"));
  }

  static String ofReplica(int node, Topology topology, ReadPolicy policy) {
    long place = topology.replicas().filter(each -> each <= node).count();
    String how =
        switch (policy) {
          case ROUND_ROBIN -> "in turn";
          case LEAST_PENDING -> "by fewest pending";
          case LOWEST_LATENCY -> "by lowest latency";
          case STICKY -> "by client";
        };
    return "replica " + place + " of " + topology.replicas().count() + " " + how;
  }
}
