package io.redisproxy.session;

import io.netty.buffer.PooledByteBufAllocator;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/**
 * The memory outside of the heap, which all bytes on their way through the proxy lie in. Each
 * client has a limit of its own; when many come near theirs at once, the whole must stay bounded,
 * too.
 *
 * <p>It must not run out: the JVM makes a thread that asks for more wait for half a second before
 * it says no, and event loops ask for every read.
 */
public final class DirectMemory {
  /** What may wait for a client when memory is scarce: Netty's high water mark of a channel. */
  static final long LITTLE = 64 * 1024;

  private static final double SCARCE = 0.5;
  private static final double SHORT = 0.75;

  private final LongSupplier used;
  private final long scarce;
  private final long mostUsed;

  /**
   * {@code limit}: the most that the JVM may take, in bytes; its heap's limit unless set otherwise.
   */
  public DirectMemory(long limit) {
    this(pool()::getMemoryUsed, limit);
  }

  /** {@code used}: tells how many bytes are taken. */
  DirectMemory(LongSupplier used, long limit) {
    this.used = used;
    scarce = (long) (limit * SCARCE);
    mostUsed = (long) (limit * SHORT);
  }

  private static BufferPoolMXBean pool() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(candidate -> candidate.getName().equals("direct"))
        .findFirst()
        .orElseThrow();
  }

  /** Whether so much is taken that clients must make do with little. */
  boolean isScarce() {
    return used.getAsLong() > scarce;
  }

  /** Whether no client may have more than the little that it needs to come to an end. */
  boolean isShort() {
    return excess() > 0;
  }

  /** How many bytes are taken above what may be; negative while it isn't short. */
  long excess() {
    return used.getAsLong() - mostUsed;
  }

  /** Gives back what the thread at hand has in store, which counts as taken. */
  void releaseSpare() {
    PooledByteBufAllocator.DEFAULT.trimCurrentThreadCache();
  }
}
