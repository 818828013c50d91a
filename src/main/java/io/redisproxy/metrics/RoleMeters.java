package io.redisproxy.metrics;

import java.util.function.Function;

/** What is counted of the requests to one node, apart for each role that it has. */
public final class RoleMeters {
  private final Function<String, RequestMeters> byRole;
  private RequestMeters asMaster;
  private RequestMeters asReplica;

  /** {@code byRole}: asked when the node first has a role. */
  public RoleMeters(Function<String, RequestMeters> byRole) {
    this.byRole = byRole;
  }

  /** Those for requests that the node gets as what it is, on one event loop. */
  public RequestMeters as(boolean master) {
    if (master) {
      if (asMaster == null) {
        asMaster = byRole.apply("master");
      }
      return asMaster;
    }
    if (asReplica == null) {
      asReplica = byRole.apply("replica");
    }
    return asReplica;
  }
}
