package io.redisproxy.faults;

import java.util.BitSet;

/** In which milliseconds something was served. */
final class Timeline {
  private final long begin;
  private final BitSet served = new BitSet();

  /** {@code begin}: a time of {@link System#nanoTime}, which timelines that are joined share. */
  Timeline(long begin) {
    this.begin = begin;
  }

  void onServed(long now) {
    served.set((int) ((now - begin) / 1_000_000));
  }

  /** What is served there is served here, too. */
  void join(Timeline other) {
    served.or(other.served);
  }

  /** The longest time without service between the first and the last of it. */
  long longestGapMillis() {
    int longest = 0;
    int from = served.nextSetBit(0);
    for (int to = from; to >= 0; to = served.nextSetBit(from + 1)) {
      longest = Math.max(longest, to - from - 1);
      from = to;
    }
    return Math.max(0, longest);
  }
}
