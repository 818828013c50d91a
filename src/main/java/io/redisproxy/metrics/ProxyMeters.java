package io.redisproxy.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/** Makes the meters of listeners and nodes. The same names and tags give the same counters. */
public final class ProxyMeters {
  private final MeterRegistry registry;
  private final Map<String, ListenerMeters> listeners = new ConcurrentHashMap<>();

  public ProxyMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** The same object for the same listener, whose clients are one number. */
  public ListenerMeters listener(String listener) {
    return listeners.computeIfAbsent(listener, name -> new ListenerMeters(registry, name));
  }

  public NodeMeters node(String node) {
    return new NodeMeters(registry, node);
  }

  public RequestMeters requests(String listener, String node, String role) {
    return new RequestMeters(registry, listener, node, role);
  }

  /** Whether a node is up for a listener: reads and writes for a master, reads for a replica. */
  public void nodeUp(String listener, String node, String role, BooleanSupplier up) {
    Gauge before =
        registry
            .find("redis_proxy.node.up")
            .tags("listener", listener, "node", node, "role", role)
            .gauge();
    if (before != null) {
      registry.remove(before);
    }
    Gauge.builder("redis_proxy.node.up", up, supplier -> supplier.getAsBoolean() ? 1 : 0)
        .description("1 while a listener uses the node, 0 while it is down or not in sync")
        .tags("listener", listener, "node", node, "role", role)
        .strongReference(true)
        .register(registry);
  }
}
