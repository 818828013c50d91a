package io.redisproxy.consistency;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * An event loop's part of the {@link WriteTable}: what was written through that loop. No other
 * thread writes to it, so that nothing here is an atomic operation, which would wait until the slot
 * is in the processor's cache, one slot after the other; all may read it.
 *
 * <p>A slot is a number of {@code 2^24} for the writes in flight and {@code 2^40} for the round.
 * With a round a millisecond the latter lasts 34 years. So many writes of one slot in flight would
 * be 300 MB of requests that no node has answered; one more would carry over into the round, whose
 * reads then wait for a later round, and the replies would take it back.
 */
public final class LoopWrites {
  private static final int COUNT_BITS = 24;
  private static final long COUNT = (1L << COUNT_BITS) - 1;

  /** The next round covers what is answered. */
  private static final int ANSWERED = 1;

  /** How many slots are in flight, each as often as it is. Far enough from the others, as ALL. */
  private static final int IN_FLIGHT = WriteTable.ALL + 16;

  /** The latest round that any slot demands. */
  private static final int DEMANDED = IN_FLIGHT + 16;

  private final WriteTable table;
  private final AtomicLongArray cells = new AtomicLongArray(DEMANDED + 16);

  /** Whether the loop has had a read since the sampler looked last. */
  private final AtomicBoolean read = new AtomicBoolean();

  LoopWrites(WriteTable table) {
    this.table = table;
  }

  // What the loop tells.

  /**
   * Writes are about to be sent: to be called before they can leave.
   *
   * @param slots of keys that they may change, {@link WriteTable#ALL} if that may be any; a slot
   *     may be there more than once
   */
  public void begin(int[] slots, int count) {
    for (int i = 0; i < count; i++) {
      cells.setRelease(slots[i], cells.getPlain(slots[i]) + 1);
    }
    cells.setRelease(IN_FLIGHT, cells.getPlain(IN_FLIGHT) + count);
  }

  /**
   * Writes that have {@link #begin begun} are over: their replies have come, and have not gone on
   * to the client.
   */
  public void end(int[] slots, int count) {
    demand(slots, count, 1, ANSWERED);
    cells.setRelease(IN_FLIGHT, cells.getPlain(IN_FLIGHT) - count);
  }

  /** The connection of writes that have begun is lost: they may have been done, or may yet be. */
  public void lose(int[] slots, int count) {
    demand(slots, count, 1, table.roundsUntilSettled());
    cells.setRelease(IN_FLIGHT, cells.getPlain(IN_FLIGHT) - count);
  }

  /**
   * The replies to writes that have not begun here have come, and not gone on to the client. This
   * is for those that may wait at the master for as long as they like, such as BLPOP: reads of
   * their keys shall not be kept from the replicas meanwhile.
   */
  public void mark(int[] slots, int count) {
    demand(slots, count, 0, ANSWERED);
  }

  /** As {@link #lose}, of writes that have not begun here. */
  public void markLost(int[] slots, int count) {
    demand(slots, count, 0, table.roundsUntilSettled());
  }

  /** A read is about to ask what it needs. */
  public void onRead() {
    if (!read.get()) {
      read.set(true);
      table.onReader();
    }
  }

  private void demand(int[] slots, int count, int over, int rounds) {
    long round = table.started() + rounds;
    for (int i = 0; i < count; i++) {
      long before = cells.getPlain(slots[i]);
      long last = Math.max(before >>> COUNT_BITS, round);
      cells.setRelease(slots[i], (last << COUNT_BITS) + (before & COUNT) - over);
    }
    if (cells.getPlain(DEMANDED) < round) {
      // To be seen before the sampler is seen to sleep.
      cells.set(DEMANDED, round);
      table.wake();
    }
  }

  // What is asked, on any thread.

  /** The round that a slot's writes need, or {@link WriteTable#IN_FLIGHT}. */
  long needed(int slot) {
    long value = cells.getAcquire(slot);
    return (value & COUNT) == 0 ? value >>> COUNT_BITS : WriteTable.IN_FLIGHT;
  }

  /** As {@link #needed}, for all slots together. */
  long neededByAny() {
    // What has ended has demanded before.
    return cells.getAcquire(IN_FLIGHT) == 0 ? acknowledgedByAny() : WriteTable.IN_FLIGHT;
  }

  long acknowledgedByAny() {
    return cells.getAcquire(DEMANDED);
  }

  /** Whether the loop has had a read since this was asked last. */
  boolean takeRead() {
    return read.getAndSet(false);
  }

  boolean isDemandedAfter(long round) {
    return cells.get(DEMANDED) > round;
  }
}
