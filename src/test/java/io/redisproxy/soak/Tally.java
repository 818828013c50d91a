package io.redisproxy.soak;

import java.time.Instant;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** What all clients of a soak have seen together. */
final class Tally {
  private static final int MOST_EXAMPLES = 100;
  private static final int MOST_FAULTS = 10;
  private static final int SHOWN_EXAMPLES = 5;

  final LongAdder replies = new LongAdder();
  final LongAdder errors = new LongAdder();

  /** The first errors, each with its request. */
  final Queue<String> examples = new ConcurrentLinkedQueue<>();

  final LongAdder cutOffs = new LongAdder();
  final LongAdder abuses = new LongAdder();
  final LongAdder faults = new LongAdder();

  /** The last ones, each with its time. */
  private final Deque<String> lastFaults = new ConcurrentLinkedDeque<>();

  /** The proxy has answered a request with an error. */
  void onError(String request, String error) {
    errors.increment();
    if (examples.size() < MOST_EXAMPLES) {
      examples.add(request + ": " + error);
    }
  }

  /** A fault begins, the one before it has ended. */
  void onFault(String fault) {
    faults.increment();
    lastFaults.add(Instant.now() + " " + fault);
    if (lastFaults.size() > MOST_FAULTS) {
      lastFaults.remove();
    }
  }

  @Override
  public String toString() {
    return ("%s right replies, %s errors of the proxy, %s cut off, %s abuses, %s faults,"
            + " the last: %s; errors such as %s")
        .formatted(
            replies,
            errors,
            cutOffs,
            abuses,
            faults,
            lastFaults,
            examples.stream().limit(SHOWN_EXAMPLES).toList());
  }
}
