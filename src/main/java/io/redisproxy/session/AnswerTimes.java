package io.redisproxy.session;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** In which time a node answers nearly all reads, as its last ones tell. */
final class AnswerTimes {
  private static final long SHORTEST = TimeUnit.MICROSECONDS.toNanos(10);
  private static final long LONGEST = TimeUnit.SECONDS.toNanos(60);
  private static final int DIGITS = 2;

  /** It takes so many to tell of one in a hundred. */
  private static final int ENOUGH = 200;

  private static final long WINDOW = TimeUnit.SECONDS.toNanos(1);

  private final double quantile;
  private final Histogram last = new Histogram(SHORTEST, LONGEST, DIGITS);
  private long begun;
  private long known;
  private long knownAt;

  AnswerTimes(double quantile) {
    this.quantile = quantile;
  }

  /** Returns whether what they tell is something else now. */
  boolean add(long nanos, long now) {
    if (last.getTotalCount() == 0) {
      begun = now;
    }
    last.recordValue(Math.min(nanos, LONGEST));
    boolean enough = last.getTotalCount() >= ENOUGH;
    if (!enough || (known != 0 && now - begun < WINDOW)) {
      return false;
    }
    known = last.getValueAtPercentile(100 * quantile);
    knownAt = now;
    last.reset();
    return true;
  }

  /** Whether it was told after a time. */
  boolean isKnownSince(long time) {
    return known != 0 && knownAt - time > 0;
  }

  long quantile() {
    return known;
  }
}
