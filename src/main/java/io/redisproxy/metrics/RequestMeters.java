package io.redisproxy.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of the requests that one listener sends to one node. */
public final class RequestMeters {
  private static final Duration[] BUCKETS = {
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
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

  private final LongAdder reads;
  private final LongAdder writes;
  private final LongAdder pinned;
  private final Timer latency;

  RequestMeters(MeterRegistry registry, String listener, String node, String role) {
    Tags tags = Tags.of("listener", listener, "node", node, "role", role);
    reads = requests(registry, tags, "read");
    writes = requests(registry, tags, "write");
    pinned = requests(registry, tags, "pinned");
    latency =
        Timer.builder("redis_proxy.request")
            .description(
                "Time from sending a run of a client's requests to a node until its last reply,"
                    + " but for commands that wait for others")
            .tags(tags)
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
  }

  private static LongAdder requests(MeterRegistry registry, Tags tags, String commandClass) {
    return Counters.register(
        registry,
        "redis_proxy.requests",
        "Requests sent to a node",
        tags.and("class", commandClass));
  }

  /** Requests that are sent, on a shared connection. */
  public void sent(int readCount, int writeCount) {
    if (readCount > 0) {
      reads.add(readCount);
    }
    if (writeCount > 0) {
      writes.add(writeCount);
    }
  }

  /** Requests that are sent on a connection of the client's own. */
  public void sentPinned(int count) {
    if (count > 0) {
      pinned.add(count);
    }
  }

  public void answered(long nanos) {
    latency.record(nanos, TimeUnit.NANOSECONDS);
  }
}
