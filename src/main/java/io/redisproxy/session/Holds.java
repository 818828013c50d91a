package io.redisproxy.session;

import io.redisproxy.metrics.RecoveryMeters;
import io.redisproxy.upstream.NodeConnector;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * What waits, on one event loop, until a node can be reached. It is looked after in the order in
 * which it came, so that a client's own requests keep theirs.
 */
final class Holds {

  /** Something that waits. */
  interface Waiting {
    /** Goes on if it can, or is gone then; false if it has to wait on. */
    boolean tryToGoOn();

    /** It has waited for as long as it may. */
    void onTimeUp();

    /** Its client is gone, or it has failed: nothing is to be done. */
    boolean isGone();

    /** How many bytes it keeps. */
    int bytes();

    /** Whose it is; one that is shut out waits in vain. */
    Session session();
  }

  private record Entry(Waiting waiting, long until) {}

  /** While something waits it is looked after so often. */
  private static final Duration INTERVAL = Duration.ofMillis(2);

  private final Queue<Entry> entries = new ArrayDeque<>();
  private final NodeConnector timer;
  private final RecoveryMeters meters;
  private final long maxBytes;
  private boolean ticking;

  Holds(NodeConnector timer, RecoveryMeters meters, long maxBytes) {
    this.timer = timer;
    this.meters = meters;
    this.maxBytes = maxBytes;
  }

  /** Waits until it can go on, or until a time of {@link System#nanoTime}. */
  void add(Waiting waiting, long until) {
    entries.add(new Entry(waiting, until));
    if (!ticking) {
      ticking = true;
      timer.schedule(INTERVAL, this::tick);
    }
  }

  private void tick() {
    try {
      lookAfterAll();
    } finally {
      // Whatever goes wrong with one of them, the others don't wait for ever.
      ticking = !entries.isEmpty();
      if (ticking) {
        timer.schedule(INTERVAL, this::tick);
      }
    }
  }

  private void lookAfterAll() {
    long now = System.nanoTime();
    long bytes = 0;
    for (int left = entries.size(); left > 0; left--) {
      Entry entry = entries.remove();
      Waiting waiting = entry.waiting();
      if (waiting.isGone()) {
        continue;
      }
      if (waiting.tryToGoOn()) {
        meters.onHeld(!waiting.isGone());
        continue;
      }
      bytes += waiting.bytes();
      boolean inVain = waiting.session().lane().isShutOut();
      if (now - entry.until() >= 0 || bytes > maxBytes || inVain) {
        meters.onHeld(false);
        waiting.onTimeUp();
      } else {
        entries.add(entry);
      }
    }
  }
}
