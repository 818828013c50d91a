package io.redisproxy.upstream;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.channel.Channel;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections, of clients and to nodes, the process may have open, so that file
 * descriptors remain for what nobody must be without: health, metrics, the configuration, and the
 * connections to nodes that all clients share. Those count, but are made beyond it, too.
 */
public final class ConnectionLimit {
  /** What is kept back: of so many descriptors one, but not more than enough. */
  private static final int RESERVED_OF = 8;

  private static final int MOST_RESERVED = 1024;

  private final int most;
  private final AtomicInteger open = new AtomicInteger();

  public ConnectionLimit(int most) {
    this.most = most;
  }

  /** By the limit of the system; to be asked before there are connections. */
  public static ConnectionLimit ofProcess() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? of(unix.getMaxFileDescriptorCount(), unix.getOpenFileDescriptorCount())
        : new ConnectionLimit(Integer.MAX_VALUE);
  }

  /** {@code taken}: the descriptors that are there for something else. */
  static ConnectionLimit of(long descriptors, long taken) {
    long reserved = Math.min(descriptors / RESERVED_OF, MOST_RESERVED);
    long most = descriptors - taken - reserved;
    return new ConnectionLimit((int) Math.max(0, Math.min(most, Integer.MAX_VALUE)));
  }

  /** The number of connections. */
  public int most() {
    return most;
  }

  /** Whether there is room only for those that nobody must be without. */
  public boolean isReached() {
    return open.get() >= most;
  }

  /** There is one more, as long as the channel is open. */
  public void onOpened(Channel channel) {
    onOpening();
    closeWith(channel);
  }

  /** One more is being made; {@link #closeWith} or {@link #onFailed} follows. */
  void onOpening() {
    open.incrementAndGet();
  }

  void closeWith(Channel channel) {
    channel.closeFuture().addListener(closed -> open.decrementAndGet());
  }

  void onFailed() {
    open.decrementAndGet();
  }
}
