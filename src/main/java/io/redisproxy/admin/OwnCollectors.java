package io.redisproxy.admin;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.session.Insight;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Shows at /q/metrics what Micrometer's meters can't hold without a look-up, a clock or atomic
 * operations for each request. The registry is asked for its collectors, as CDI gives whoever asks
 * it for some a new set.
 */
@Singleton
final class OwnCollectors {
  void onStart(
      @Observes StartupEvent event,
      PrometheusMeterRegistry registry,
      Insight insight,
      ProxyMeters meters) {
    registry.getPrometheusRegistry().register(insight.commands());
    registry.getPrometheusRegistry().register(meters.latencies());
  }
}
