package io.redisproxy.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of configurations that are read again. */
public final class ReloadMeters {
  private final Map<ReloadResult, LongAdder> reloads = new EnumMap<>(ReloadResult.class);
  private volatile boolean valid = true;

  public ReloadMeters(MeterRegistry registry) {
    for (ReloadResult result : ReloadResult.values()) {
      reloads.put(
          result,
          Counters.register(
              registry,
              "redis_proxy.config.reloads",
              "Configurations that were read again, by what came of it",
              Tags.of("result", result.label())));
    }
    Gauge.builder("redis_proxy.config.valid", this, meters -> meters.valid ? 1 : 0)
        .description("0 while the configuration that is in effect is not the one that is written")
        .strongReference(true)
        .register(registry);
  }

  public void onReload(ReloadResult result) {
    reloads.get(result).increment();
    valid = result != ReloadResult.REFUSED;
  }
}
