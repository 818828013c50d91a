package io.redisproxy.metrics;

import java.util.concurrent.TimeUnit;

/**
 * What one event loop counts of a listener's commands, in arrays of its own, so that counting is an
 * addition and nothing else. Other threads read what was counted a moment ago.
 */
public final class CommandCounts {
  /** Who answered. */
  enum Role {
    MASTER,
    REPLICA,
    PROXY
  }

  /** The upper bounds of the histogram's buckets but the last, which has none. */
  static final long[] BOUNDS_NANOS = {
    TimeUnit.MICROSECONDS.toNanos(250),
    TimeUnit.MILLISECONDS.toNanos(1),
    TimeUnit.MICROSECONDS.toNanos(2500),
    TimeUnit.MILLISECONDS.toNanos(10),
    TimeUnit.MILLISECONDS.toNanos(50),
    TimeUnit.MILLISECONDS.toNanos(250),
    TimeUnit.SECONDS.toNanos(1)
  };

  private static final Role[] ROLES = Role.values();

  private final int commands;
  private final long[] requests;

  /** For each command and role; null where nothing was answered. */
  private final Histogram[] latencies;

  CommandCounts(int commands) {
    this.commands = commands;
    requests = new long[ROLES.length * commands];
    latencies = new Histogram[ROLES.length * commands];
  }

  /** Requests are sent to a node. */
  public void sent(int command, boolean toMaster, int count) {
    requests[slot(command, toMaster ? Role.MASTER : Role.REPLICA)] += count;
  }

  /** The proxy answers a request itself. */
  public void answeredByProxy(int command) {
    requests[slot(command, Role.PROXY)]++;
  }

  /** The last reply to a run of requests has come, the first of which is of this command. */
  public void answered(int command, boolean byMaster, long nanos) {
    int slot = slot(command, byMaster ? Role.MASTER : Role.REPLICA);
    Histogram latency = latencies[slot];
    if (latency == null) {
      latency = new Histogram(BOUNDS_NANOS);
      latencies[slot] = latency;
    }
    latency.record(nanos);
  }

  long requests(int command, Role role) {
    return requests[slot(command, role)];
  }

  /** Adds the buckets, then the sum of nanoseconds, to what is in the array. */
  void addLatencyTo(long[] sums, int command, Role role) {
    Histogram latency = latencies[slot(command, role)];
    if (latency != null) {
      latency.addTo(sums);
    }
  }

  private int slot(int command, Role role) {
    return role.ordinal() * commands + command;
  }
}
