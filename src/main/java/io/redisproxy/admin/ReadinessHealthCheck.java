package io.redisproxy.admin;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.NodeGroups;
import io.redisproxy.topology.NodeHealth;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready while every listener can serve something: writes by its master, or reads by any node; and
 * not any more when the proxy is to end. It reads what the probes found last, and never waits for a
 * node.
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
    HealthCheckResponseBuilder response = HealthCheckResponse.named("Redis nodes");
    List<NodeGroup> all = groups.groups();
    boolean ready = !all.isEmpty();
    for (NodeGroup group : all) {
      boolean serves = false;
      for (int node = 0; node < group.nodes().size(); node++) {
        NodeHealth health = group.topology().nodes().get(node);
        serves |= health.isHealthy();
        response.withData(key(group, node), health.isHealthy() ? "up" : health.detail());
      }
      ready &= serves;
    }
    if (proxy.isDraining()) {
      ready = false;
      response.withData("draining", true);
    }
    return response.status(ready).build();
  }

  private static String key(NodeGroup group, int node) {
    NodeAddress address = group.nodes().get(node);
    return "listener " + group.name() + ", " + group.role(node) + " " + address;
  }
}
