package io.redisproxy.consistency;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * What was written through the proxy and may not be on every replica yet: for each slot, which keys
 * share by their hash, how many writes are in flight, and the sampling round that covers the last
 * one that was acknowledged. One table serves all event loops, without locks.
 *
 * <p>Why no read is stale. A round gets its number first, {@link #startRound}, and only then asks
 * the master how far it is. When a write's reply has come, {@link #end} takes the last number given
 * and demands the one after: that round is numbered later than the write ran on the master, asks
 * later still, and so its offset covers the write, whichever event loops the two are on. A reply
 * goes to its client only after {@code end}, so who can know of the write, by whatever way, finds
 * the round in the slot. For this to hold, the number must be visible to all before the master is
 * asked, and the slot before the reply goes on: both are volatile writes.
 *
 * <p>The count of writes in flight keeps a key from going back in time: as long as one reader may
 * see a write at the master, none is sent to a replica that may lack it.
 *
 * <p>A slot is a number of {@code 2^24} for the count and {@code 2^40} for the round. With a round
 * a millisecond the latter lasts 34 years. So many writes of one slot in flight would be 300 MB of
 * requests that no node has answered; one more would carry over into the round, whose reads then
 * wait for a later round, and the replies would take it back.
 */
public final class WriteTable {
  /** What no replica ever reaches: the slot has a write in flight. */
  public static final long IN_FLIGHT = Long.MAX_VALUE;

  private static final int SLOTS = 1 << 16;

  /** Far enough from the other slots to have a cache line of its own, which all reads share. */
  public static final int ALL = SLOTS + 16;

  private static final int COUNT_BITS = 24;
  private static final long COUNT = (1L << COUNT_BITS) - 1;

  /** The next round covers what is answered. */
  private static final int ANSWERED = 1;

  /**
   * What was sent when a connection broke may lie at the master unread, and be read just after the
   * question of the next round. The round after that asks when this one is answered, so that it
   * comes later in any case.
   */
  private static final int LOST = 2;

  private final KeyHash hash = new KeyHash(ThreadLocalRandom.current().nextLong());
  private final AtomicLongArray slots = new AtomicLongArray(ALL + 16);

  /** The number of the last round that was started. */
  private final AtomicLong started = new AtomicLong();

  /** The latest round that any slot demands. */
  private final AtomicLong demanded = new AtomicLong();

  // Two sums that only grow, since one that also falls can look like zero when it never was.
  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();

  private final AtomicBoolean asleep = new AtomicBoolean();
  private final List<Runnable> wakers = new CopyOnWriteArrayList<>();

  // What requests ask and tell.

  /** The slot of a key that lies in a buffer. */
  public int slot(int database, ByteBuf in, int from, int length) {
    return (int) (hash.hash(database, in, from, length) >>> Long.SIZE - 16);
  }

  /** See {@link #slot(int, ByteBuf, int, int)}. */
  public int slot(int database, byte[] key) {
    return slot(database, Unpooled.wrappedBuffer(key), 0, key.length);
  }

  /**
   * A write is about to be sent: to be called before it can leave.
   *
   * @param slot the slot of a key that it may change, or {@link #ALL} if that may be any
   */
  public void begin(int slot) {
    begun.increment();
    slots.getAndIncrement(slot);
  }

  /**
   * A write that has {@link #begin begun} is over: its reply has come, and has not gone on to the
   * client.
   */
  public void end(int slot) {
    demand(slot, 1, ANSWERED);
    ended.increment();
  }

  /** The connection of a write that has begun is lost: it may have been done, or may yet be. */
  public void lose(int slot) {
    demand(slot, 1, LOST);
    ended.increment();
  }

  /**
   * The reply to a write that has not begun here has come, and not gone on to the client. This is
   * for those that may wait at the master for as long as they like, such as BLPOP: reads of their
   * keys shall not be kept from the replicas meanwhile.
   */
  public void mark(int slot) {
    demand(slot, 0, ANSWERED);
  }

  /** As {@link #lose}, of a write that has not begun here. */
  public void markLost(int slot) {
    demand(slot, 0, LOST);
  }

  /**
   * The round that a replica must have reached for a read of the key to be allowed there; to be
   * compared with what {@link Rounds#reached} says after this was called.
   */
  public long needed(int slot) {
    return Math.max(neededBy(slot), neededBy(ALL));
  }

  /** As {@link #needed}, for a read of no key that depends on all, such as DBSIZE. */
  public long neededByAny() {
    long over = ended.sum();
    return begun.sum() == over ? demanded.get() : IN_FLIGHT;
  }

  private long neededBy(int slot) {
    long value = slots.getAcquire(slot);
    return (value & COUNT) == 0 ? value >>> COUNT_BITS : IN_FLIGHT;
  }

  private void demand(int slot, int over, int rounds) {
    long round = started.get() + rounds;
    long before;
    long after;
    do {
      before = slots.get(slot);
      // Another event loop may have read a later round, and come here first.
      after = (Math.max(before >>> COUNT_BITS, round) << COUNT_BITS) + (before & COUNT) - over;
    } while (!slots.compareAndSet(slot, before, after));
    long last = demanded.get();
    while (last < round) {
      if (demanded.compareAndSet(last, round)) {
        wake();
        return;
      }
      last = demanded.get();
    }
  }

  // What the sampler of the rounds asks and tells.

  /** Numbers a round; to be called before the master is asked. */
  long startRound() {
    return started.incrementAndGet();
  }

  long started() {
    return started.get();
  }

  /** Whether a write was acknowledged that needs a later round than this one. */
  boolean isDemandedAfter(long round) {
    return demanded.get() > round;
  }

  /**
   * What the next write that demands a round calls, on its own thread, after {@link #sleep}; it may
   * be called when there is no need, too.
   */
  void onWake(Runnable action) {
    wakers.add(action);
  }

  /** Whether there is nothing to do after this round until the waker is called. */
  boolean sleep(long round) {
    asleep.set(true);
    // A write that came just before has not seen that; one of the two must.
    return !isDemandedAfter(round);
  }

  private void wake() {
    if (asleep.get() && asleep.compareAndSet(true, false)) {
      wakers.forEach(Runnable::run);
    }
  }
}
