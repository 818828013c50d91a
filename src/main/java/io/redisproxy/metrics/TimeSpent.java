package io.redisproxy.metrics;

import java.util.concurrent.TimeUnit;

/**
 * Where the time went that consecutive requests took, in nanoseconds; the rest of it was spent at
 * the node and on the way there.
 *
 * @param total from the first byte of them until the client was given the last reply
 * @param queue before they were sent: for a node or a connection to it, or for earlier replies that
 *     had to come first
 * @param client for the rest of a request, or for the client to take its replies
 * @param behind how long the replies waited for those of earlier requests
 */
public record TimeSpent(long total, long queue, long client, long behind) {

  /** In microseconds. */
  public TimeSpent toMicros() {
    return new TimeSpent(
        TimeUnit.NANOSECONDS.toMicros(total),
        TimeUnit.NANOSECONDS.toMicros(queue),
        TimeUnit.NANOSECONDS.toMicros(client),
        TimeUnit.NANOSECONDS.toMicros(behind));
  }

  /** At the node and on the way there. */
  public long node() {
    return total - queue - client - behind;
  }
}
