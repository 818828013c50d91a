package io.redisproxy.soak;

import java.util.concurrent.atomic.LongAdder;

/** What all clients of a soak have seen together. */
final class Tally {
  final LongAdder replies = new LongAdder();
  final LongAdder errors = new LongAdder();
  final LongAdder cutOffs = new LongAdder();
  final LongAdder abuses = new LongAdder();
  final LongAdder faults = new LongAdder();

  @Override
  public String toString() {
    return "%s right replies, %s errors of the proxy, %s cut off, %s abuses, %s faults"
        .formatted(replies, errors, cutOffs, abuses, faults);
  }
}
