package io.redisproxy.metrics;

/**
 * What one event loop counts of the requests that a listener sends to a node as master or as
 * replica, in memory of its own, so that counting is an addition. Other threads read what was
 * counted a moment ago.
 */
public final class RequestMeters {
  private final Histogram latency = new Histogram(RequestTotals.BOUNDS_NANOS);
  private final RecentMax longest = new RecentMax();
  private long reads;
  private long writes;
  private long pinned;

  /** Requests that are sent, on a shared connection. */
  public void sent(int readCount, int writeCount) {
    reads += readCount;
    writes += writeCount;
  }

  /** Requests that are sent on a connection of the client's own. */
  public void sentPinned(int count) {
    pinned += count;
  }

  /** The last reply to a run of requests has come at a {@link System#nanoTime}, after so long. */
  public void answered(long now, long nanos) {
    latency.record(nanos);
    longest.record(now, nanos);
  }

  long reads() {
    return reads;
  }

  long writes() {
    return writes;
  }

  long pinned() {
    return pinned;
  }

  Histogram latency() {
    return latency;
  }

  RecentMax longest() {
    return longest;
  }
}
