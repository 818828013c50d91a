package io.redisproxy.checker;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** What the clients of a phase have seen. */
final class Tally {
  private static final int EXAMPLES = 20;

  private final LongAdder reads = new LongAdder();
  private final LongAdder stale = new LongAdder();
  private final LongAdder errors = new LongAdder();
  private final Queue<String> examples = new ConcurrentLinkedQueue<>();

  /** {@code what}: what was read, and what it had to be. */
  void onRead(boolean right, String what) {
    reads.increment();
    if (!right) {
      stale.increment();
      if (examples.size() < EXAMPLES) {
        examples.add(what);
      }
    }
  }

  /** A request had an error for a reply, or none. */
  void onError() {
    errors.increment();
  }

  long reads() {
    return reads.sum();
  }

  long stale() {
    return stale.sum();
  }

  long errors() {
    return errors.sum();
  }

  /** The first reads that were stale. */
  List<String> examples() {
    return List.copyOf(examples);
  }
}
