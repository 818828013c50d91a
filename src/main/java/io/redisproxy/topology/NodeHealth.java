package io.redisproxy.topology;

/**
 * How a node is.
 *
 * @param status whether it may be used
 * @param detail why not, in words; empty when it may, unless something is remarkable
 * @param epoch from 1 to 4095, and another one, most likely, when the node was started anew; 0 when
 *     it is not known
 * @param silenceSeconds for how long a replica has heard nothing from its master; -1 when it is not
 *     known
 * @param latencyNanos how long it takes to answer a probe, on average over the last ones; 0 when it
 *     is not known
 */
public record NodeHealth(
    Status status, String detail, int epoch, long silenceSeconds, long latencyNanos) {

  static final int MAX_EPOCH = 4095;

  /** Whether a node may be used. */
  public enum Status {
    /** Not probed yet. */
    UNKNOWN,
    HEALTHY,
    UNHEALTHY
  }

  static final NodeHealth UNKNOWN = new NodeHealth(Status.UNKNOWN, "not probed yet", 0, -1, 0);

  /** Of a node that has left the group. */
  static final NodeHealth GONE = new NodeHealth(Status.UNKNOWN, "it has left the group", 0, -1, 0);

  public boolean isHealthy() {
    return status == Status.HEALTHY;
  }
}
