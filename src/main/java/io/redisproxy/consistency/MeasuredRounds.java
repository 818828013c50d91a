package io.redisproxy.consistency;

import java.util.function.LongConsumer;

/**
 * The rounds whose offset the master has told, all of one history. A replica far behind may have to
 * find a round among thousands; when the list is full it is thinned out, so that what is old is
 * kept in ever larger steps. A replica then counts as having reached an earlier round than it has,
 * which is safe.
 */
final class MeasuredRounds {
  private static final int CAPACITY = 512;

  /** A gap between rounds is at most this part of their age. */
  private static final int STEP = 8;

  // All ascending.
  private final long[] rounds = new long[CAPACITY];
  private final long[] offsets = new long[CAPACITY];
  private final long[] times = new long[CAPACITY];
  private int size;

  void clear() {
    size = 0;
  }

  /** {@code time}: when it was started, in nanoseconds. */
  void add(long round, long offset, long time) {
    if (size > 0 && offsets[size - 1] == offset) {
      // Nothing has changed; who was there is here.
      rounds[size - 1] = round;
      return;
    }
    if (size == CAPACITY) {
      thinOut();
    }
    rounds[size] = round;
    offsets[size] = offset;
    times[size] = time;
    size++;
  }

  long newest() {
    return size == 0 ? -1 : rounds[size - 1];
  }

  long newestOffset() {
    return size == 0 ? -1 : offsets[size - 1];
  }

  /** The last round that is reached at this offset; -1 for none. */
  long reachedAt(long offset) {
    int after = firstAfter(offsets, offset);
    return after == 0 ? -1 : rounds[after - 1];
  }

  /** The time of the first round after this one; that of the newest if there is none. */
  long timeAfter(long round) {
    return times[Math.min(firstAfter(rounds, round), size - 1)];
  }

  /** Gives the times of rounds that are after a time, up to the last of them. */
  void eachTime(long after, long last, LongConsumer taker) {
    for (int i = firstAfter(times, after); i < size && rounds[i] <= last; i++) {
      taker.accept(times[i]);
    }
  }

  private int firstAfter(long[] ascending, long value) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ascending[middle] <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Leaves gaps that grow with the age: some four hundred rounds of as many as there can be. */
  private void thinOut() {
    int kept = 1;
    for (int i = 1; i < size; i++) {
      boolean goes =
          i + 1 < size && rounds[i + 1] - rounds[kept - 1] <= (newest() - rounds[i + 1]) / STEP;
      if (!goes) {
        rounds[kept] = rounds[i];
        offsets[kept] = offsets[i];
        times[kept] = times[i];
        kept++;
      }
    }
    size = kept;
  }
}
