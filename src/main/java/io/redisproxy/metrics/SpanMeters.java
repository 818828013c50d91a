package io.redisproxy.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of the spans of requests that are traced. */
public final class SpanMeters {
  private final LongAdder sent;
  private final LongAdder failed;
  private final LongAdder dropped;

  public SpanMeters(MeterRegistry registry) {
    sent = spans(registry, "sent");
    failed = spans(registry, "failed");
    dropped = spans(registry, "dropped");
  }

  private static LongAdder spans(MeterRegistry registry, String result) {
    return Counters.register(
        registry,
        "redis_proxy.spans",
        "Spans of traced requests, by what came of them",
        Tags.of("result", result));
  }

  /** The collector has them. */
  public void onSent(int count) {
    sent.add(count);
  }

  /** The collector did not take them. */
  public void onFailed(int count) {
    failed.add(count);
  }

  /** Too many wait to be sent. */
  public void onDropped() {
    dropped.increment();
  }
}
