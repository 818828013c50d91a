package io.redisproxy.admin;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;

/**
 * Alive while every event loop turns. One that doesn't is lost with all its clients, until the
 * process is started anew.
 */
@Liveness
@ApplicationScoped
class LivenessHealthCheck implements HealthCheck {
  private final ProxyControl proxy;

  LivenessHealthCheck(ProxyControl proxy) {
    this.proxy = proxy;
  }

  @Override
  public HealthCheckResponse call() {
    List<Integer> stuck = proxy.stuckLoops();
    HealthCheckResponseBuilder response = HealthCheckResponse.named("event loops");
    stuck.forEach(loop -> response.withData("event loop " + loop, "does not turn"));
    return response.status(stuck.isEmpty()).build();
  }
}
