package io.redisproxy.session;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/**
 * The memory outside of the heap, which all bytes on their way through the proxy lie in. Each
 * client has a limit of its own; when many come near theirs at once, the whole must stay bounded,
 * too.
 */
public final class DirectMemory {
  /** What may wait for a client when memory is scarce: Netty's high water mark of a channel. */
  static final long LITTLE = 64 * 1024;

  private static final double SCARCE = 0.5;

  private final BufferPoolMXBean pool;
  private final long scarce;

  /**
   * {@code limit}: the most that the JVM may take, in bytes; its heap's limit unless set otherwise.
   */
  public DirectMemory(long limit) {
    scarce = (long) (limit * SCARCE);
    pool =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(candidate -> candidate.getName().equals("direct"))
            .findFirst()
            .orElseThrow();
  }

  /** Whether so much is taken that clients must make do with little. */
  boolean isScarce() {
    return pool.getMemoryUsed() > scarce;
  }
}
