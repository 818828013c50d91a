package io.redisproxy.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * The meters of listeners and nodes: for the same names always the same object, on every event
 * loop.
 */
public final class ProxyMeters {
  private final MeterRegistry registry;
  private final Map<String, ListenerMeters> listeners = new ConcurrentHashMap<>();
  private final Map<String, NodeMeters> nodes = new ConcurrentHashMap<>();
  private final Map<List<String>, RequestMeters> requests = new ConcurrentHashMap<>();

  public ProxyMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  public ListenerMeters listener(String listener) {
    return listeners.computeIfAbsent(listener, name -> new ListenerMeters(registry, name));
  }

  public NodeMeters node(String node) {
    return nodes.computeIfAbsent(node, name -> new NodeMeters(registry, name));
  }

  public RequestMeters requests(String listener, String node, String role) {
    return requests.computeIfAbsent(
        List.of(listener, node, role), names -> new RequestMeters(registry, listener, node, role));
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
