package io.redisproxy.session;

import io.redisproxy.metrics.RetryReason;
import io.redisproxy.topology.Topology;
import java.util.BitSet;
import java.util.EnumSet;

/**
 * The nodes that reads can be sent to again: replicas that were not asked yet, and last the master.
 * Wherever they go, they must not see less than what the client wrote before them, nor what it
 * wrote behind them.
 */
final class RetryTargets {
  /** Worth waiting for, when there is no other node. */
  private static final EnumSet<RetryReason> PASSING =
      EnumSet.of(
          RetryReason.LOST,
          RetryReason.UNREACHABLE,
          RetryReason.TIMEOUT,
          RetryReason.LOADING,
          RetryReason.MASTERDOWN);

  private final Session session;
  private final Recovery recovery;
  private final Run run;
  private final KeptRequests requests;
  private final BitSet tried = new BitSet();
  private int attempts = 1;
  private boolean overBudget;

  RetryTargets(Session session, Run run, KeptRequests requests) {
    this.session = session;
    recovery = session.recovery();
    this.run = run;
    this.requests = requests;
    tried.set(run.target().node());
  }

  /** The next one for so many reads; null if there is none. */
  Target next(RetryReason reason, int unanswered) {
    if (attempts >= recovery.readAttempts() || isOvertaken(reason)) {
      return null;
    }
    Target master = run.lane().forWrite();
    boolean last = attempts == recovery.readAttempts() - 1 && !recovery.isMasterLimited();
    Target next =
        last && isUntried(master)
            ? master
            : run.lane().forRetry(session.identity().id(), run.needed(), run.isOrdered(), tried);
    if (!isUntried(next) || wouldOvertakeWrites(next)) {
      return null;
    }
    overBudget =
        next.isMaster() && isForWantOfReplica(reason) && !recovery.takeFromMaster(unanswered);
    return overBudget ? null : next;
  }

  /** Whether the master may be asked what a replica has answered. */
  boolean mayRecheckAt(Target master) {
    return isUntried(master) && !wouldOvertakeWrites(master) && !isOvertaken(RetryReason.NIL);
  }

  /** Whether there may be one after some time. */
  boolean areWorthWaitingFor(RetryReason reason) {
    return isPassing(reason)
        && !overBudget
        && attempts < recovery.readAttempts()
        && !isOvertaken(reason);
  }

  /** Whether there was none but the master, which takes no more of such reads. */
  boolean isOverBudget() {
    return overBudget;
  }

  /** That there was none is nothing, as there is one that may yet answer. */
  void forgetBudget() {
    overBudget = false;
  }

  void onAsked(Target target) {
    tried.set(target.node());
    attempts++;
  }

  /** It was asked though nothing had failed: as often as without it may be tried again. */
  void onHedged(Target target) {
    tried.set(target.node());
  }

  /** The last one does not count as an attempt: it has not failed for itself. */
  void uncountLast() {
    attempts--;
  }

  /** All may be asked again. */
  void forgetTried() {
    tried.clear();
  }

  /** A busy replica isn't worth waiting for, but the master is when it was out of reach. */
  private boolean isPassing(RetryReason reason) {
    int master = run.lane().forWrite().node();
    return PASSING.contains(reason)
        || (reason == RetryReason.BUSY && (master == Topology.NONE || !tried.get(master)));
  }

  /** A script that the replicas don't know is no sign that they are not fit. */
  private boolean isForWantOfReplica(RetryReason reason) {
    return run.lane().hasReplicas() && reason != RetryReason.NOSCRIPT;
  }

  private boolean isUntried(Target target) {
    return target.isConnected() && !tried.get(target.node());
  }

  /**
   * Whether these would come before what the client wrote ahead of them: that has to be sent again
   * first, or is with another node, which may yet refuse it.
   */
  private boolean wouldOvertakeWrites(Target next) {
    return run.isAtMaster()
        && session
            .replies()
            .anyBefore(
                run,
                each -> each.isAtMaster() && (each.isToBeSent() || each.isWrittenElsewhere(next)));
  }

  /**
   * Whether the client has sent writes of these reads' keys behind them, which they would see now.
   *
   * @param reason why they are sent again; null if nothing has failed
   */
  boolean isOvertaken(RetryReason reason) {
    KeySlots keys = session.keys();
    if (keys == null) {
      // What is written isn't known. Only where nothing has failed that is a reason not to ask.
      return (reason == RetryReason.NIL || reason == null)
          && session.replies().anyChangeBehind(run, later -> !later.isToBeSent());
    }
    return session
        .replies()
        .anyChangeBehind(
            run,
            later -> !later.isToBeSent() && requests.readAnyOf(later.written(), keys, run.lane()));
  }
}
