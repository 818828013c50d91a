package io.redisproxy.session;

import java.util.Collections;
import java.util.Comparator;
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

  private static final class Seen {
    private long bytes;
    private long at;
  }

  private final Map<String, Seen> largest = new HashMap<>();

  /** A reply that is no larger is none of the largest. */
  private long floor = BIG - 1;

  private boolean changed;
  private volatile Map<String, Long> published = Map.of();

  /** Whether {@link #add} is to be told of a reply of so many bytes. */
  boolean wants(long bytes) {
    return bytes > floor;
  }

  /** A reply to a request of a key alone was so large. */
  void add(String key, long bytes) {
    Seen seen = largest.computeIfAbsent(key, added -> new Seen());
    seen.at = System.nanoTime();
    if (bytes > seen.bytes) {
      seen.bytes = bytes;
      changed = true;
      if (largest.size() > KEYS) {
        largest.values().remove(smallest());
      }
      setFloor();
    }
  }

  private void setFloor() {
    floor = largest.size() < KEYS ? BIG - 1 : smallest().bytes;
  }

  private Seen smallest() {
    return Collections.min(largest.values(), Comparator.comparingLong(seen -> seen.bytes));
  }

  /** On the event loop, every now and then. */
  void publish() {
    long now = System.nanoTime();
    for (Iterator<Seen> all = largest.values().iterator(); all.hasNext(); ) {
      if (now - all.next().at > MEMORY) {
        all.remove();
        changed = true;
      }
    }
    if (changed) {
      Map<String, Long> bytes = new HashMap<>();
      largest.forEach((key, seen) -> bytes.put(key, seen.bytes));
      published = bytes;
      setFloor();
      changed = false;
    }
  }

  /** The bytes of the largest reply by key; any thread may ask. */
  Map<String, Long> bytes() {
    return published;
  }
}
