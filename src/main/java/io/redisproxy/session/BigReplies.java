package io.redisproxy.session;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The keys with the largest replies of one event loop. The loop alone writes; what it has it
 * publishes every now and then.
 */
final class BigReplies {
  /** A smaller reply is not big. */
  static final long BIG = 16 * 1024;

  private static final int KEYS = 64;

  /** What was not asked for for so long is forgotten. */
  private static final long MEMORY = TimeUnit.MINUTES.toNanos(10);

  private record Seen(long bytes, long at) {}

  private final Map<String, Seen> largest = new HashMap<>();
  private boolean changed;
  private volatile Map<String, Long> published = Map.of();

  /** A reply to a request of a key alone was so large; it is big. */
  void add(String key, long bytes) {
    Seen before = largest.get(key);
    long most = before == null ? bytes : Math.max(bytes, before.bytes());
    largest.put(key, new Seen(most, System.nanoTime()));
    changed = true;
    if (largest.size() > KEYS) {
      largest.entrySet().stream()
          .min((a, b) -> Long.compare(a.getValue().bytes(), b.getValue().bytes()))
          .ifPresent(smallest -> largest.remove(smallest.getKey()));
    }
  }

  /** On the event loop, every now and then. */
  void publish() {
    long now = System.nanoTime();
    for (Iterator<Seen> all = largest.values().iterator(); all.hasNext(); ) {
      if (now - all.next().at() > MEMORY) {
        all.remove();
        changed = true;
      }
    }
    if (changed) {
      Map<String, Long> bytes = new HashMap<>();
      largest.forEach((key, seen) -> bytes.put(key, seen.bytes()));
      published = bytes;
      changed = false;
    }
  }

  /** The bytes of the largest reply by key; any thread may ask. */
  Map<String, Long> bytes() {
    return published;
  }
}
