package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.metrics.RetryReason;
import io.redisproxy.upstream.NodeFailure;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.concurrent.TimeUnit;

/**
 * Writes that no node has run wait for the master, and are sent to that in the client's order: they
 * never left the proxy, or a node refused them that is not the master any more, or not yet.
 *
 * <p>What was run must not come before what was refused, nor be run twice: when a write of a run
 * was run behind one that was refused, nothing is sent again, and the client gets the refusal. So
 * it is with the client's later runs at the same node. Reads in between are sent again, too.
 *
 * <p>A master that can't save its data, or lacks replicas, may have been replaced without knowing
 * it. All nodes are probed then; if there is no other master, the client gets the refusal.
 */
final class WriteRetry extends Retry {
  /** A node that refuses may have come to itself after this. */
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

  /** So long it may take to find out whether there is another master. */
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(200);

  /** Of a node that may come to itself. */
  private static final EnumSet<RetryReason> PASSING =
      EnumSet.of(RetryReason.LOADING, RetryReason.MASTERDOWN);

  /** Of the master itself, too, when something is wrong with it. */
  private static final EnumSet<RetryReason> OF_ANY_MASTER =
      EnumSet.of(RetryReason.NOREPLICAS, RetryReason.MISCONF);

  /** Replies that are kept beside refusals; more of them, and the client gets them all. */
  private static final int MOST_KEPT = 64 * 1024;

  /**
   * The replies since the first refusal, all of them to what can be sent again; null if none was.
   */
  private CompositeByteBuf kept;

  /** How many requests the node was to answer when it refused first. */
  private int unansweredBefore;

  /** Which of those that the node was asked for are reads; null if none was refused. */
  private BitSet reads;

  /** How many of them have been answered so far. */
  private int answered;

  private int refuser;
  private long refusedAt;
  private boolean refusedForGood;
  private RetryReason reason;
  private long holdEnd;
  private long pauseEnd;

  WriteRetry(Session session, Run run, KeptRequests requests) {
    super(session, run, requests);
  }

  @Override
  boolean isOf(Asked node) {
    return !isOver() && node == latest();
  }

  @Override
  boolean isDone() {
    return isFailed() || (!isWaiting() && left() == 0);
  }

  @Override
  int left() {
    if (isWaiting()) {
      return unanswered();
    }
    return kept == null ? latest().wanted() : unansweredBefore;
  }

  @Override
  boolean isToBeSent() {
    return isWaiting() || kept != null;
  }

  @Override
  boolean isInside() {
    return !isWaiting() && kept == null && latest().isInside();
  }

  @Override
  void onReplies(Asked node, ByteBuf bytes) {
    boolean taken = isOf(node);
    if (taken && kept != null && areToReads(node, bytes)) {
      keep(node, bytes);
      return;
    }
    ByteBuf all = taken && kept != null ? Unpooled.wrappedBuffer(takeKept(), bytes) : bytes;
    if (node.wanted() == 0) {
      run.onAnswered();
    }
    if (taken) {
      run.pass(all);
    } else {
      all.release();
    }
  }

  /** Whether nothing was run behind what was refused but reads. */
  private boolean areToReads(Asked node, ByteBuf bytes) {
    int end = unanswered() - node.wanted() + (node.isInside() ? 1 : 0);
    return reads.nextClearBit(answered) >= end
        && kept.readableBytes() + bytes.readableBytes() < MOST_KEPT;
  }

  @Override
  void onRefused(Asked node, Refusal why, ByteBuf line) {
    if (!isOf(node) || !mayBeSentAgain(node, why)) {
      onReplies(node, line);
      return;
    }
    if (kept == null) {
      beginToKeep(node, node.wanted() + 1, why.reason());
      suspect(node, why);
      session
          .replies()
          .forEachBehind(run, later -> later.onRefusedBefore(node.target(), why.reason()));
    }
    keep(node, line);
  }

  private void suspect(Asked node, Refusal why) {
    if (OF_ANY_MASTER.contains(why.reason())) {
      run.lane().targets().forEach(each -> each.suspect("the master answers " + why));
    } else {
      node.target().suspect("it answers " + why + " to a write");
    }
  }

  @Override
  void waitForWrites(RetryReason why) {
    beginToKeep(run, unanswered(), why);
  }

  private void beginToKeep(Asked node, int from, RetryReason why) {
    kept = Unpooled.compositeBuffer(Integer.MAX_VALUE);
    reads = requests.reads();
    unansweredBefore = from;
    answered = unanswered() - from;
    reason = why;
    refuser = node.target().node();
    refusedAt = System.nanoTime();
  }

  /** Takes a reply over to a request that can be sent again. */
  private void keep(Asked node, ByteBuf bytes) {
    kept.addComponent(true, bytes);
    answered = unanswered() - node.wanted();
    if (node.wanted() == 0) {
      goOnFrom(unansweredBefore);
      pauseEnd = System.nanoTime() + (PASSING.contains(reason) ? PAUSE : 0);
      hold();
    }
  }

  /** A node that loads may be asked again and again, one that is no master has had its say. */
  private boolean mayBeSentAgain(Asked node, Refusal why) {
    if (PASSING.contains(why.reason())) {
      return holdEnd == 0 || System.nanoTime() - holdEnd < 0;
    }
    if (refusedForGood || requests.isScript(run.requests() - node.wanted() - 1)) {
      // What a script says may be the error of one of its commands, and it may have done others.
      return false;
    }
    return why == Refusal.READONLY
        || node.target().node() != master().node()
        || kept != null
        || recovery.mayLookForMaster();
  }

  @Override
  void onLost(Asked node, NodeFailure why) {
    if (!isOf(node)) {
      run.writesAreLost();
    } else if (!why.sent() && kept == null) {
      goOnFrom(node.wanted());
      becauseOf(why);
      reason = RetryReason.UNREACHABLE;
      hold();
    } else if (node.isInside() && kept == null) {
      forget();
      run.writesAreLost();
      run.cutOff();
    } else {
      failFrom(node, why);
    }
  }

  private void failFrom(Asked node, NodeFailure why) {
    int from = node.wanted();
    if (kept != null && node.isInside()) {
      // There is a part of a reply among them.
      from = unansweredBefore;
      takeKept().release();
    } else if (kept != null) {
      run.pass(takeKept());
    }
    goOnFrom(from);
    becauseOf(why);
    fail();
  }

  private void hold() {
    if (!recovery.mayHold()) {
      fail();
      return;
    }
    if (holdEnd == 0) {
      holdEnd = recovery.holdEnd();
    } else if (System.nanoTime() - holdEnd >= 0) {
      // A node that can be reached, but not over another connection beside, would be tried for
      // ever.
      fail();
      return;
    }
    // No later write may be sent before these.
    session.serving().sender().orderBehind(null);
    waitUntil(holdEnd);
  }

  @Override
  boolean sendIfPossible() {
    if (System.nanoTime() - pauseEnd < 0
        || session.replies().anyBefore(run, before -> before.isAtMaster() && before.isToBeSent())) {
      return false;
    }
    if (kept != null && session.replies().anyBehind(run, Run::isAtItsMaster)) {
      boolean overtaken =
          session
              .replies()
              .anyBehind(run, later -> later.isAtItsMaster() && later.isPartlyAnswered());
      if (overtaken) {
        fail();
      }
      return overtaken;
    }
    Target next = master();
    if (next.node() == refuser && OF_ANY_MASTER.contains(reason) && kept != null) {
      return passOnIfItIsTheMaster();
    }
    if (!next.isAnswering()) {
      next.hurry();
      return false;
    }
    if (reason == RetryReason.READONLY && next.node() == refuser) {
      return false;
    }
    if (kept != null) {
      refusedForGood = !PASSING.contains(reason);
      takeKept().release();
    }
    session.serving().sender().orderBehind(next.connection());
    send(newAttempt(next, reason));
    return true;
  }

  private boolean passOnIfItIsTheMaster() {
    boolean known =
        System.nanoTime() - refusedAt >= LOOK
            || run.lane().targets().stream().allMatch(each -> each.isJudgedSince(refusedAt));
    if (known) {
      recovery.onNoOtherMaster();
      fail();
    }
    return known;
  }

  private Target master() {
    return run.lane().forWrite();
  }

  private ByteBuf takeKept() {
    ByteBuf taken = kept;
    kept = null;
    reads = null;
    answered = 0;
    return taken;
  }

  @Override
  void fail() {
    if (kept == null) {
      super.fail();
      return;
    }
    ByteBuf answers = takeKept();
    toFailed();
    run.refuse(answers);
  }

  @Override
  void forget() {
    if (isWaiting()) {
      run.writesAreLost();
    }
    super.forget();
    if (kept != null) {
      takeKept().release();
    }
  }
}
