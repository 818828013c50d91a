package io.redisproxy.topology;

/**
 * What the last probe of a node found.
 *
 * @param status whether it may be used
 * @param detail why not, in words; empty when it may
 */
public record NodeHealth(Status status, String detail) {

  /** Whether a node may be used. */
  public enum Status {
    /** Not probed yet. */
    UNKNOWN,
    HEALTHY,
    UNHEALTHY
  }

  static final NodeHealth UNKNOWN = new NodeHealth(Status.UNKNOWN, "not probed yet");
  static final NodeHealth HEALTHY = new NodeHealth(Status.HEALTHY, "");

  static NodeHealth unhealthy(String detail) {
    return new NodeHealth(Status.UNHEALTHY, detail);
  }

  public boolean isHealthy() {
    return status == Status.HEALTHY;
  }
}
