package io.redisproxy;

import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.NodeHealth;
import io.redisproxy.topology.Topology;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Shows the nodes of a group as gauges, each with the role that it has at the time, and counts what
 * changes.
 */
final class NodeGauges {
  private final NodeGroup group;
  private final ProxyMeters meters;

  /** The role that each node is shown with. */
  private final Map<String, String> shown = new HashMap<>();

  private final Consumer<Topology> onChange = this::follow;
  private boolean stopped;

  NodeGauges(NodeGroup group, ProxyMeters meters) {
    this.group = group;
    this.meters = meters;
  }

  void start() {
    follow(group.topology());
    group.onChange(onChange);
    group.onEvent(meters.listener(group.name())::onChange);
  }

  synchronized void stop() {
    stopped = true;
    group.forget(onChange);
    shown.keySet().forEach(this::forget);
  }

  private synchronized void follow(Topology topology) {
    if (stopped) {
      return;
    }
    Map<String, String> roles = new HashMap<>();
    topology
        .memberIndices()
        .forEach(
            node -> {
              String name = topology.address(node).toString();
              String role = topology.role(node);
              roles.put(name, role);
              if (topology.master() != Topology.NONE) {
                // Shown from the first moment on, not from the first request.
                meters.showRequests(group.name(), name, role);
              }
              if (!role.equals(shown.get(name))) {
                meters.forgetNodeUp(group.name(), name);
                meters.nodeUp(group.name(), name, role, () -> isUp(node));
              }
              if (!shown.containsKey(name)) {
                showProbes(node, name);
              }
            });
    shown.keySet().stream()
        .filter(name -> !roles.containsKey(name))
        .forEach(name -> meters.forgetNode(group.name(), name));
    shown.clear();
    shown.putAll(roles);
  }

  private void showProbes(int node, String name) {
    meters.nodeProbes(
        group.name(),
        name,
        () -> group.lag().bytes(node),
        () -> group.lag().seconds(node),
        () -> known(health(node).silenceSeconds()),
        () -> {
          long nanos = health(node).latencyNanos();
          return nanos == 0 ? Double.NaN : nanos / 1e9;
        });
  }

  private void forget(String name) {
    meters.forgetNodeUp(group.name(), name);
    meters.forgetNodeProbes(group.name(), name);
  }

  private boolean isUp(int node) {
    return group.topology().nodes().get(node).isHealthy();
  }

  private NodeHealth health(int node) {
    return group.topology().nodes().get(node).health();
  }

  private static double known(long value) {
    return value < 0 ? Double.NaN : value;
  }
}
