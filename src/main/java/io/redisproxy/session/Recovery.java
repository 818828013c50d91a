package io.redisproxy.session;

import io.redisproxy.config.Resilience;
import io.redisproxy.metrics.RecoveryMeters;
import io.redisproxy.upstream.NodeConnector;
import java.util.concurrent.TimeUnit;

/** What a listener does on one event loop about requests whose node fails. */
public final class Recovery {
  private static final long LOOK_INTERVAL = TimeUnit.SECONDS.toNanos(1);

  private final RecoveryMeters meters;
  private final NodeConnector timer;
  private final Holds holds;
  private final int eventLoops;
  private Resilience settings;

  /** Null if the master takes all reads. */
  private MasterShare masterShare;

  /** Until when a master that refuses writes is not looked into again. */
  private long lookedIntoUntil = System.nanoTime();

  /** Null if reads are not sent to a second replica before the first one has failed. */
  private Hedges hedges;

  /**
   * {@code eventLoops}: how many of them share what the settings allow.
   *
   * @param holdBytes bytes of all requests that may wait for a node
   */
  public Recovery(
      Resilience settings,
      RecoveryMeters meters,
      NodeConnector timer,
      int eventLoops,
      long holdBytes) {
    this.meters = meters;
    this.timer = timer;
    this.eventLoops = eventLoops;
    holds = new Holds(timer, meters, holdBytes / eventLoops);
    change(settings);
  }

  /** From now on these; what is the same goes on by what it has counted. */
  public final void change(Resilience next) {
    Resilience before = settings;
    settings = next;
    if (before == null || !before.masterFallback().equals(next.masterFallback())) {
      masterShare =
          next.masterFallback().isLimited()
              ? new MasterShare(next.masterFallback(), eventLoops)
              : null;
    }
    if (before == null || !before.hedge().equals(next.hedge())) {
      hedges = next.hedge().map(hedge -> new Hedges(hedge, timer, meters)).orElse(null);
    }
  }

  RecoveryMeters meters() {
    return meters;
  }

  Holds holds() {
    return holds;
  }

  /** Null if there are none. */
  Hedges hedges() {
    return hedges;
  }

  int readAttempts() {
    return settings.readAttempts();
  }

  /** Until when something may wait that begins to now; in the past if it may not. */
  long holdEnd() {
    return System.nanoTime() + settings.holdWrites().toNanos() - 1;
  }

  /** Whether it is worth a look if there is another master than the one that refuses writes. */
  boolean mayLookForMaster() {
    return mayHold() && System.nanoTime() - lookedIntoUntil >= 0;
  }

  /** There is none: for some time refusals are passed on at once. */
  void onNoOtherMaster() {
    lookedIntoUntil = System.nanoTime() + LOOK_INTERVAL;
  }

  boolean mayHold() {
    return !settings.holdWrites().isZero();
  }

  /** Whether a read that was sent then need not be answered yet. */
  boolean isInTime(long sentAt) {
    return isInTime(sentAt, 1);
  }

  /** The same of one that waits as long as so many attempts may take. */
  boolean isInTime(long sentAt, int attempts) {
    return System.nanoTime() - sentAt < attempts * settings.readTimeout().toNanos();
  }

  /** Whether the master doesn't take all reads. */
  boolean isMasterLimited() {
    return masterShare != null;
  }

  /** Whether so many reads may go to the master as no replica is fit for them. */
  boolean takeFromMaster(int reads) {
    boolean taken = masterShare == null || masterShare.take(reads);
    if (taken) {
      meters.onFallback(true, reads);
    }
    return taken;
  }
}
