package io.redisproxy.topology;

import io.redisproxy.config.NodeAddress;

/**
 * What is known of a node of a group.
 *
 * @param isMember whether it belongs to the group still; one that doesn't gets no new requests
 */
public record NodeState(NodeAddress address, boolean isMember, NodeHealth health) {

  static NodeState unknown(NodeAddress address) {
    return new NodeState(address, true, NodeHealth.UNKNOWN);
  }

  NodeState with(NodeHealth found) {
    return new NodeState(address, isMember, found);
  }

  NodeState gone() {
    return new NodeState(address, false, NodeHealth.GONE);
  }

  public boolean isHealthy() {
    return isMember && health.isHealthy();
  }
}
