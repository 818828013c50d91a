package io.redisproxy.admin;

import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.NodeGroups;
import io.redisproxy.topology.NodeHealth;
import io.redisproxy.topology.NodeState;
import io.redisproxy.topology.Topology;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while every listener can serve something: writes by its master, or reads by any node; and
 * not any more when the proxy is to end; an operator, while it knows the cluster. It reads what the
 * probes found last, and never waits for a node.
 */
@Readiness
@ApplicationScoped
class ReadinessHealthCheck implements HealthCheck {
  private final NodeGroups groups;
  private final ProxyControl proxy;

  ReadinessHealthCheck(NodeGroups groups, ProxyControl proxy) {
    this.groups = groups;
    this.proxy = proxy;
  }

  @Override
  public HealthCheckResponse call() {
    return proxy
        .isOperatorReady()
        .map(ready -> HealthCheckResponse.named("Kubernetes").status(ready).build())
        .orElseGet(this::nodes);
  }

  private HealthCheckResponse nodes() {
    HealthCheckResponseBuilder response = HealthCheckResponse.named("Redis nodes");
    List<NodeGroup> all = groups.groups();
    boolean ready = !all.isEmpty();
    for (NodeGroup group : all) {
      Topology topology = group.topology();
      topology
          .memberIndices()
          .forEach(
              node -> {
                NodeHealth health = topology.nodes().get(node).health();
                String role = topology.role(node) + " " + topology.address(node);
                response.withData(
                    "listener " + group.name() + ", " + role,
                    health.isHealthy() ? "up" : health.detail());
              });
      ready &= topology.nodes().stream().anyMatch(NodeState::isHealthy);
    }
    if (proxy.isDraining()) {
      ready = false;
      response.withData("draining", true);
    }
    return response.status(ready).build();
  }
}
