package io.redisproxy.topology;

/**
 * What the last probe of a node found.
 *
 * @param status whether it may be used
 * @param detail why not, in words; empty when it may
 * @param epoch from 1 to 4095, and another one, most likely, when the node was started anew; 0 when
 *     it is not known
 */
public record NodeHealth(Status status, String detail, int epoch) {

  static final int MAX_EPOCH = 4095;

  /** Whether a node may be used. */
  public enum Status {
    /** Not probed yet. */
    UNKNOWN,
    HEALTHY,
    UNHEALTHY
  }

  static final NodeHealth UNKNOWN = new NodeHealth(Status.UNKNOWN, "not probed yet", 0);

  /** Of a node that has left the group. */
  static final NodeHealth GONE = new NodeHealth(Status.UNKNOWN, "it has left the group", 0);

  static NodeHealth healthy(int epoch) {
    return new NodeHealth(Status.HEALTHY, "", epoch);
  }

  static NodeHealth unhealthy(String detail) {
    return new NodeHealth(Status.UNHEALTHY, detail, 0);
  }

  public boolean isHealthy() {
    return status == Status.HEALTHY;
  }
}
