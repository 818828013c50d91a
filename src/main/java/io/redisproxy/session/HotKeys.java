package io.redisproxy.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.datasketches.frequencies.ErrorType;
import org.apache.datasketches.frequencies.ItemsSketch;

/**
 * The keys that the requests of one event loop name most, by a sample of them. The loop alone
 * counts; what it has counted it publishes every now and then. Memory is bounded: the sketch keeps
 * the most frequent keys, and drops others.
 */
final class HotKeys {
  /** One of so many requests is looked at, on average: never each one in a pipeline's place. */
  static final int EVERY = 64;

  /** A power of two; three quarters of it are keys that are kept. */
  private static final int SKETCH_SIZE = 512;

  /** What is older than twice this is forgotten. */
  private static final long WINDOW = TimeUnit.SECONDS.toNanos(30);

  private ItemsSketch<String> before = new ItemsSketch<>(SKETCH_SIZE);
  private ItemsSketch<String> now = new ItemsSketch<>(SKETCH_SIZE);
  private long begunAt = System.nanoTime();

  private volatile Map<String, Long> published = Map.of();

  /** How many requests of a session it is to the next one that is looked at: never so many each. */
  static int nextGap() {
    return ThreadLocalRandom.current().nextInt(1, 2 * EVERY);
  }

  /** {@code key}: null if the request names none. */
  void add(FirstKey key) {
    if (key != null) {
      now.update(key.text());
    }
  }

  /** On the event loop, every now and then. */
  void publish() {
    Map<String, Long> counts = new HashMap<>();
    for (ItemsSketch<String> sketch : List.of(before, now)) {
      for (ItemsSketch.Row<String> row : sketch.getFrequentItems(ErrorType.NO_FALSE_POSITIVES)) {
        counts.merge(row.getItem(), row.getEstimate() * EVERY, Long::sum);
      }
    }
    published = counts;
    if (System.nanoTime() - begunAt > WINDOW) {
      before = now;
      now = new ItemsSketch<>(SKETCH_SIZE);
      begunAt = System.nanoTime();
    }
  }

  /** About how many requests named each key in the last minute; any thread may ask. */
  Map<String, Long> counts() {
    return published;
  }
}
