package io.redisproxy.topology;

import io.redisproxy.config.NodeAddress;
import java.time.Instant;

/**
 * What is known of a node of a group.
 *
 * @param zone where it is by the source that named it; empty if that doesn't know
 * @param isMember whether it belongs to the group still; one that doesn't gets no new requests
 * @param since from when on its health has had the status that it has
 * @param answers whether it has answered when it was asked last
 * @param saysItIsReplica whether that was its own word when it was asked last
 * @param askedAt when the probe began that it has answered last, by {@link System#nanoTime}; before
 *     it has answered any, when it joined
 * @param history the replication id of its data; null when it is not known
 * @param offset how much of that it has; -1 when it is not known
 */
public record NodeState(
    NodeAddress address,
    String zone,
    boolean isMember,
    NodeHealth health,
    Instant since,
    boolean answers,
    boolean saysItIsReplica,
    long askedAt,
    String history,
    long offset) {

  public boolean isHealthy() {
    return isMember && health.isHealthy();
  }
}
