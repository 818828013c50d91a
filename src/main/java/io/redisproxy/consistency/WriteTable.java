package io.redisproxy.consistency;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What was written through the proxy and may not be on every replica yet: for each slot, which keys
 * share by their hash, how many writes are in flight, and the sampling round that covers the last
 * one that was acknowledged. It consists of a part for each event loop, {@link LoopWrites}; a key
 * is where the part that has the most to say is. There are no locks.
 *
 * <p>Why no read is stale. A round gets its number first, {@link #startRound}, and only then asks
 * the master how far it is. When a write's reply has come, {@link LoopWrites#end} takes the last
 * number given and demands the one after: that round is numbered later than the write ran on the
 * master, asks later still, and so its offset covers the write, whichever event loops the two are
 * on. A reply goes to its client only after {@code end}, so who can know of the write, by whatever
 * way, finds the round in the slot. For this to hold, the number must be seen by all before the
 * master is asked, and the slot before the reply goes on. All are written by one thread each, and
 * then that thread calls the system, to send something; what comes of that, at the master or at a
 * client, comes after.
 *
 * <p>The count of writes in flight keeps a key from going back in time: as long as one reader may
 * see a write at the master, none is sent to a replica that may lack it.
 */
public final class WriteTable {
  /** What no replica ever reaches: the slot has a write in flight. */
  public static final long IN_FLIGHT = Long.MAX_VALUE;

  private static final int SLOTS = 1 << 16;

  /** Far enough from the other slots to have a cache line of its own, which all reads share. */
  public static final int ALL = SLOTS + 16;

  /** For how long one who has read is a reader. */
  private static final long READERS_TIME = TimeUnit.SECONDS.toNanos(1);

  private final KeyHash hash = new KeyHash(ThreadLocalRandom.current().nextLong());
  private volatile LoopWrites[] parts = {};

  /** The number of the last round that was started. */
  private final AtomicLong started = new AtomicLong();

  private volatile boolean readers = true;
  private long readersAt = System.nanoTime();

  private final AtomicBoolean asleep = new AtomicBoolean();
  private final List<Runnable> wakers = new CopyOnWriteArrayList<>();

  // What requests ask.

  /** A part for one more event loop. */
  public synchronized LoopWrites newPart() {
    LoopWrites part = new LoopWrites(this);
    LoopWrites[] more = Arrays.copyOf(parts, parts.length + 1);
    more[parts.length] = part;
    parts = more;
    return part;
  }

  /** The slot of a key that lies in a buffer. */
  public int slot(int database, ByteBuf in, int from, int length) {
    return (int) (hash.hash(database, in, from, length) >>> Long.SIZE - 16);
  }

  /** See {@link #slot(int, ByteBuf, int, int)}. */
  public int slot(int database, byte[] key) {
    return slot(database, Unpooled.wrappedBuffer(key), 0, key.length);
  }

  /**
   * The round that a replica must have reached for a read of the key to be allowed there; to be
   * compared with what {@link Rounds#reached} says after this was called.
   */
  public long needed(int slot) {
    long needed = 0;
    for (LoopWrites part : parts) {
      needed = Math.max(needed, Math.max(part.needed(slot), part.needed(ALL)));
    }
    return needed;
  }

  /**
   * As {@link #needed}, for a read of no key that depends on all, such as DBSIZE. No key needs
   * more.
   */
  public long neededByAny() {
    long needed = 0;
    for (LoopWrites part : parts) {
      needed = Math.max(needed, part.neededByAny());
    }
    return needed;
  }

  /** As {@link #neededByAny}, without what is in flight. */
  public long acknowledgedByAny() {
    long needed = 0;
    for (LoopWrites part : parts) {
      needed = Math.max(needed, part.acknowledgedByAny());
    }
    return needed;
  }

  /**
   * Whether anyone has read lately. While nobody does, as when data are loaded, it is not worth its
   * time to know which keys are written: {@link #ALL} may stand for them.
   */
  public boolean hasReaders() {
    return readers;
  }

  /** A read has come after none had for some time. */
  void onReader() {
    if (!readers) {
      readers = true;
      wake();
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

  /**
   * To be called when a round begins; all groups do that on one thread. Who has not read for some
   * time counts no longer.
   *
   * @param now in nanoseconds
   */
  void forgetReaders(long now) {
    if (now - readersAt < READERS_TIME) {
      return;
    }
    readersAt = now;
    if (!takeReads()) {
      readers = false;
      // One that has come meanwhile may have seen that there are some. Who comes after this sees
      // that there are none, and says so.
      if (takeReads()) {
        readers = true;
      }
    }
  }

  private boolean takeReads() {
    boolean any = false;
    for (LoopWrites part : parts) {
      any |= part.takeRead();
    }
    return any;
  }

  /** Whether a write was acknowledged that needs a later round than this one, and anyone reads. */
  boolean isDemandedAfter(long round) {
    if (!readers) {
      return false;
    }
    for (LoopWrites part : parts) {
      if (part.isDemandedAfter(round)) {
        return true;
      }
    }
    return false;
  }

  /**
   * What the next write that demands a round calls, on its own thread, after {@link #sleep}; it may
   * be called when there is no need, too.
   */
  void onWake(Runnable action) {
    wakers.add(action);
  }

  /** The waker is of no use any more. */
  void forgetWake(Runnable action) {
    wakers.remove(action);
  }

  /**
   * The first round from now on that comes after all that was sent when a connection broke. This
   * may lie at the master unread, and be read just after the question of the next round. Who asked
   * that asks for another round only when it is answered; of as many rounds as there are samplers,
   * and one more, two are by the same.
   */
  int roundsUntilSettled() {
    return Math.max(1, wakers.size()) + 1;
  }

  /** Whether there is nothing to do after this round until the waker is called. */
  boolean sleep(long round) {
    asleep.set(true);
    // A write that came just before has not seen that; one of the two must.
    return !isDemandedAfter(round);
  }

  /** A later round is demanded than any before. */
  void wake() {
    if (asleep.get() && asleep.compareAndSet(true, false)) {
      wakers.forEach(Runnable::run);
    }
  }
}
