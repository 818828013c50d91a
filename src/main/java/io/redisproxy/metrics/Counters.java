package io.redisproxy.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters that the registries read. A registry that joins later, as Quarkus' do after the
 * listeners have opened, sees what was counted before, and counting costs the same however many
 * there are.
 */
final class Counters {
  private Counters() {}

  static LongAdder register(MeterRegistry registry, String name, String description, Tags tags) {
    LongAdder counter = new LongAdder();
    FunctionCounter.builder(name, counter, LongAdder::sum)
        .description(description)
        .tags(tags)
        .register(registry);
    return counter;
  }
}
