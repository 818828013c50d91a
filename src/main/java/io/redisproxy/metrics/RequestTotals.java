package io.redisproxy.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * The sums of what the event loops have counted of the requests that one listener sends to one node
 * in one role.
 */
final class RequestTotals {
  /** The upper bounds of the histogram's buckets but the last, which has none. */
  static final long[] BOUNDS_NANOS = {
    TimeUnit.MICROSECONDS.toNanos(100),
    TimeUnit.MICROSECONDS.toNanos(250),
    TimeUnit.MICROSECONDS.toNanos(500),
    TimeUnit.MILLISECONDS.toNanos(1),
    TimeUnit.MICROSECONDS.toNanos(2500),
    TimeUnit.MILLISECONDS.toNanos(5),
    TimeUnit.MILLISECONDS.toNanos(10),
    TimeUnit.MILLISECONDS.toNanos(25),
    TimeUnit.MILLISECONDS.toNanos(50),
    TimeUnit.MILLISECONDS.toNanos(100),
    TimeUnit.MILLISECONDS.toNanos(250),
    TimeUnit.MILLISECONDS.toNanos(500),
    TimeUnit.SECONDS.toNanos(1),
    TimeUnit.SECONDS.toNanos(5)
  };

  private final List<RequestMeters> loops = new CopyOnWriteArrayList<>();

  RequestTotals(MeterRegistry registry, Tags tags) {
    counter(registry, tags.and("class", "read"), RequestMeters::reads);
    counter(registry, tags.and("class", "write"), RequestMeters::writes);
    counter(registry, tags.and("class", "pinned"), RequestMeters::pinned);
    Gauge.builder("redis_proxy.request.seconds.max", this, RequestTotals::longestSeconds)
        .description("The longest of the runs in redis_proxy_request_seconds of the last minutes")
        .tags(tags)
        .register(registry);
  }

  private void counter(MeterRegistry registry, Tags tags, ToLongFunction<RequestMeters> count) {
    FunctionCounter.builder(
            "redis_proxy.requests", this, totals -> totals.loops.stream().mapToLong(count).sum())
        .description("Requests sent to a node")
        .tags(tags)
        .register(registry);
  }

  /** What an event loop counts; always the same object. */
  synchronized RequestMeters of(int eventLoop) {
    while (loops.size() <= eventLoop) {
      loops.add(new RequestMeters());
    }
    return loops.get(eventLoop);
  }

  private double longestSeconds() {
    long now = System.nanoTime();
    long longest = loops.stream().mapToLong(loop -> loop.longest().get(now)).max().orElse(0);
    return Histogram.seconds(longest);
  }

  void addSamples(List<Sample> samples, String name, List<String> labels, List<String> values) {
    long[] sums = Histogram.newSums(BOUNDS_NANOS);
    loops.forEach(loop -> loop.latency().addTo(sums));
    Histogram.addSamples(samples, name, labels, values, BOUNDS_NANOS, sums);
  }
}
