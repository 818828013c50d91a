package io.redisproxy.session;

import io.redisproxy.config.Hedge;
import io.redisproxy.metrics.RecoveryMeters;
import io.redisproxy.upstream.NodeConnector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * Sends reads to a second replica, on one event loop, when the first one is slow: when it has not
 * begun to answer in the time in which the fastest replica answers nearly all. So one replica that
 * is always slow makes nobody patient.
 */
final class Hedges {
  /** Runs that may be sent again at once after a quiet time. */
  private static final double MOST_SAVED = 16;

  /** What a replica has told longer ago is of no use. */
  private static final long MOST_AGE = TimeUnit.SECONDS.toNanos(10);

  private final Hedge settings;
  private final NodeConnector timer;
  private final RecoveryMeters meters;

  /** Runs in the order in which they were sent, until it is time to ask another replica. */
  private final Queue<Run> sent = new ArrayDeque<>();

  /** By the index in the group. */
  private final List<AnswerTimes> times = new ArrayList<>();

  /** In nanoseconds; 0 while it is not known. */
  private long delay;

  private double allowed;
  private boolean ticking;

  Hedges(Hedge settings, NodeConnector timer, RecoveryMeters meters) {
    this.settings = settings;
    this.timer = timer;
    this.meters = meters;
  }

  /** A replica has been asked for reads. */
  void onSent(Run run) {
    allowed = Math.min(MOST_SAVED, allowed + settings.maxPercent() / 100.0);
    if (delay == 0) {
      return;
    }
    sent.add(run);
    if (!ticking) {
      ticking = true;
      tickAfter(delay);
    }
  }

  /** A replica has answered reads. */
  void onAnswered(int node, long nanos) {
    while (times.size() <= node) {
      times.add(new AnswerTimes(settings.quantile()));
    }
    long now = System.nanoTime();
    if (times.get(node).add(nanos, now)) {
      delay =
          times.stream()
              .filter(each -> each.isKnownSince(now - MOST_AGE))
              .mapToLong(AnswerTimes::quantile)
              .min()
              .orElse(0);
      delay = Math.max(delay, Math.max(1, settings.floor().toNanos()));
    }
  }

  /** When a read is sent to another replica, too; empty words while that is not known. */
  String explain() {
    return delay == 0
        ? ""
        : "; if it takes longer than %.1f ms, another one is asked, too".formatted(delay / 1e6);
  }

  private void tickAfter(long nanos) {
    timer.schedule(Duration.ofNanos(nanos), this::tick);
  }

  private void tick() {
    long wait = delay;
    try {
      wait = hedgeOverdue();
    } finally {
      // Whatever goes wrong with one of them, the others have their turn.
      ticking = !sent.isEmpty();
      if (ticking) {
        tickAfter(wait);
      }
    }
  }

  /** Returns how long the next one has time. */
  private long hedgeOverdue() {
    for (Run run = sent.peek(); run != null; run = sent.peek()) {
      long left = run.sentAt() + delay - System.nanoTime();
      if (left > 0 && run.isHedgeable()) {
        return left;
      }
      sent.remove();
      if (allowed >= 1 && run.hedge()) {
        allowed--;
        meters.onHedge(false);
      }
    }
    return delay;
  }
}
