package io.redisproxy.session;

import io.redisproxy.config.MasterFallback;
import java.util.concurrent.TimeUnit;

/**
 * How many reads this event loop may send to the master for want of a replica: a part of the
 * listener's rate, and what was not used of it in the last second.
 */
final class MasterShare {
  static final String EXCEEDED =
      "ERR redis-proxy: no replica can serve the read, and the master takes no more reads for them;"
          + " see masterFallback";

  private final double perNano;
  private final double most;
  private double left;
  private long seenAt = System.nanoTime();

  /** {@code parts}: how many event loops have as much each. */
  MasterShare(MasterFallback fallback, int parts) {
    double perSecond = (double) fallback.perSecond() / parts;
    perNano = perSecond / TimeUnit.SECONDS.toNanos(1);
    most = fallback.perSecond() == 0 ? 0 : Math.max(1, perSecond);
    left = most;
  }

  /** Whether so many more may go there. */
  boolean take(int reads) {
    long now = System.nanoTime();
    left = Math.min(most, left + (now - seenAt) * perNano);
    seenAt = now;
    // A run of more than there ever is at once goes on credit.
    if (left <= 0 || left < Math.min(reads, most)) {
      return false;
    }
    left -= reads;
    return true;
  }
}
