package io.redisproxy.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

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

  private final Counter reads;
  private final Counter writes;
  private final Counter pinned;
  private final Timer latency;

  RequestMeters(MeterRegistry registry, String listener, String node, String role) {
    Tags tags = Tags.of("listener", listener, "node", node, "role", role);
    reads = requests(registry, tags, "read");
    writes = requests(registry, tags, "write");
    pinned = requests(registry, tags, "pinned");
    latency =
        Timer.builder("redis_proxy.request")
            .description(
                "Time from sending a run of a client's requests to a node until its last reply")
            .tags(tags)
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
  }

  private static Counter requests(MeterRegistry registry, Tags tags, String commandClass) {
    return Counter.builder("redis_proxy.requests")
        .description("Requests sent to a node")
        .tags(tags)
        .tag("class", commandClass)
        .register(registry);
  }

  /** Requests that are sent, on a shared connection. */
  public void sent(int readCount, int writeCount) {
    if (readCount > 0) {
      reads.increment(readCount);
    }
    if (writeCount > 0) {
      writes.increment(writeCount);
    }
  }

  /** Requests that are sent on a connection of the client's own. */
  public void sentPinned(int count) {
    if (count > 0) {
      pinned.increment(count);
    }
  }

  public void answered(long nanos) {
    latency.record(nanos, TimeUnit.NANOSECONDS);
  }
}
