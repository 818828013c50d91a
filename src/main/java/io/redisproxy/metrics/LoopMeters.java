package io.redisproxy.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** What is counted of one event loop. */
public final class LoopMeters {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1)
  };

  private final Timer delay;

  LoopMeters(MeterRegistry registry, int eventLoop) {
    delay =
        Timer.builder("redis_proxy.event.loop.delay")
            .description("How much later than it should a task of the event loop runs")
            .tags("loop", Integer.toString(eventLoop))
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
  }

  public void delayed(long nanos) {
    delay.record(Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }
}
