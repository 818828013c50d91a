package io.redisproxy.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of the rounds that measure how far one listener's replicas are. */
public final class RoundMeters {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(1),
    Duration.ofNanos(2_500_000),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };

  private final LongAdder rounds;
  private final Timer reached;

  RoundMeters(MeterRegistry registry, String listener) {
    Tags tags = Tags.of("listener", listener);
    rounds =
        Counters.register(
            registry,
            "redis_proxy.rounds",
            "Rounds in which the nodes were asked how far they are",
            tags);
    reached =
        Timer.builder("redis_proxy.write.reached")
            .description(
                "Time from the beginning of a round until all replicas in order were known to have"
                    + " what was written before it")
            .tags(tags)
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
  }

  public void onRound() {
    rounds.increment();
  }

  public void onReached(long nanos) {
    reached.record(nanos, TimeUnit.NANOSECONDS);
  }
}
