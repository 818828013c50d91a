package io.redisproxy.session;

import io.redisproxy.metrics.CommandCounts;
import io.redisproxy.metrics.TimeSpent;
import java.util.concurrent.TimeUnit;

/**
 * What the sessions of one listener on one event loop note of their requests. Only the loop writes,
 * in memory of its own.
 */
public final class LoopInsight {
  /** So many slow requests are written down between two ticks: when all are, a few tell enough. */
  private static final int SLOW_ENTRIES = 32;

  /** From one publication to the next: a second. */
  private static final int TICKS = 10;

  private final ListenerInsight listener;
  private final CommandCounts commands;
  private final long slowNanos;

  /** Null when nothing is traced. */
  private final RunTraces traces;

  /** What takes as long is looked at; everything, when some of it is traced. */
  private final long notableNanos;

  private final HotKeys hotKeys = new HotKeys();
  private final BigReplies bigReplies = new BigReplies();
  private int slowEntries = SLOW_ENTRIES;
  private int ticks;

  /** {@code traces}: null when nothing is traced. */
  LoopInsight(ListenerInsight listener, CommandCounts commands, long slowNanos, RunTraces traces) {
    this.listener = listener;
    this.commands = commands;
    this.slowNanos = slowNanos;
    this.traces = traces;
    notableNanos = traces == null ? slowNanos : Long.MIN_VALUE;
  }

  /** The same of all event loops. */
  ListenerInsight listener() {
    return listener;
  }

  /** How many of each command there are, and how long they take. */
  CommandCounts commands() {
    return commands;
  }

  HotKeys hotKeys() {
    return hotKeys;
  }

  BigReplies bigReplies() {
    return bigReplies;
  }

  /**
   * Whether {@link #onNotable} is to be told; {@code nanos}: from a run's first byte to passing its
   * last reply on.
   */
  boolean isNotable(long nanos) {
    return nanos >= notableNanos;
  }

  /** A run is over. */
  void onNotable(Session session, MeasuredRun run, TimeSpent spent) {
    boolean slow = spent.total() >= slowNanos && !run.waitsForOthers();
    if (slow) {
      onSlow(session, run, spent);
    }
    if (traces != null) {
      traces.onAnswered(session, run, slow, spent);
    }
  }

  /** The client gets an error for a run, or the rest of it; what kind of one, in a word. */
  void onFailed(Session session, MeasuredRun run, String error) {
    if (traces != null) {
      traces.onFailed(session, run, error);
    }
  }

  private void onSlow(Session session, MeasuredRun run, TimeSpent spent) {
    session.meters().onSlow();
    if (slowEntries > 0) {
      slowEntries--;
      listener
          .slowLog()
          .add(
              new SlowLog.Entry(
                  0,
                  TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis()),
                  run.commandName(),
                  run.key() == null ? null : run.key().text(),
                  run.requests(),
                  session.client().address(),
                  session.identity().name(),
                  run.target().name(),
                  spent.toMicros()));
    }
  }

  /** On the event loop, some times a second. */
  public void tick() {
    slowEntries = SLOW_ENTRIES;
    if (++ticks % TICKS == 0) {
      hotKeys.publish();
      bigReplies.publish();
    }
  }
}
