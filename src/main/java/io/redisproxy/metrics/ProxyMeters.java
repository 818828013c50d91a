package io.redisproxy.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.BooleanSupplier;

/** Makes the meters of listeners and nodes. The same names and tags give the same counters. */
public final class ProxyMeters {
  private final MeterRegistry registry;

  public ProxyMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  public ListenerMeters listener(String listener) {
    return new ListenerMeters(registry, listener);
  }

  public NodeMeters node(String node) {
    return new NodeMeters(registry, node);
  }

  public RequestMeters requests(String listener, String node, String role) {
    return new RequestMeters(registry, listener, node, role);
  }

  /** Whether a node is up for a listener: reads and writes for a master, reads for a replica. */
  public void nodeUp(String listener, String node, String role, BooleanSupplier up) {
    Gauge.builder("redis_proxy.node.up", up, supplier -> supplier.getAsBoolean() ? 1 : 0)
        .description("1 while a listener uses the node, 0 while it is down or not in sync")
        .tags("listener", listener, "node", node, "role", role)
        .strongReference(true)
        .register(registry);
  }
}
