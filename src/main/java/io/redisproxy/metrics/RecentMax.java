package io.redisproxy.metrics;

import java.util.concurrent.TimeUnit;

/**
 * The largest of what one thread has counted within the last one to two minutes; other threads read
 * it. Times are {@link System#nanoTime}'s.
 */
final class RecentMax {
  private static final long WINDOW = TimeUnit.MINUTES.toNanos(1);

  private long since = System.nanoTime();
  private long current;
  private long previous;

  void record(long now, long value) {
    if (now - since >= WINDOW) {
      previous = now - since < 2 * WINDOW ? current : 0;
      current = 0;
      since = now;
    }
    if (value > current) {
      current = value;
    }
  }

  long get(long now) {
    long age = now - since;
    if (age >= 2 * WINDOW) {
      return 0;
    }
    return age >= WINDOW ? current : Math.max(current, previous);
  }
}
