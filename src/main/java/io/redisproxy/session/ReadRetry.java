package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.metrics.RetryReason;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Reads are sent to another replica, and to the master last; when there is none, they wait.
 *
 * <p>A node that is only late is not out: of all that were asked for the same requests, the first
 * that begins to answer gives the replies, and what the others still say is dropped.
 */
final class ReadRetry extends Retry {
  /** A node that refuses may have come to itself after this. */
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

  private static final String SILENT = "it has not answered a read in time";

  private final RetryTargets targets;

  /** The nodes that have not begun to answer the requests that are left. */
  private final List<Asked> asked = new ArrayList<>(2);

  /** The node whose replies go on to the client. */
  private Asked answering;

  /** The replica that was asked since the first one was slow; null if none was. */
  private Asked hedge;

  /** A replica has answered nil, which is the answer if the master gives none. */
  private boolean rechecking;

  private long recheckedAt;

  private RetryReason reason;
  private long holdEnd;
  private long pauseEnd = System.nanoTime();

  ReadRetry(Session session, Run run, KeptRequests requests) {
    super(session, run, requests);
    targets = new RetryTargets(session, run, requests);
    answering = run;
  }

  @Override
  boolean isOf(Asked node) {
    return !isOver() && (answering == node || asked.contains(node));
  }

  @Override
  boolean isDone() {
    return isFailed() || (answering != null && answering.wanted() == 0);
  }

  @Override
  int left() {
    return answering == null ? unanswered() : answering.wanted();
  }

  @Override
  Asked answerer() {
    return answering == null ? latest() : answering;
  }

  @Override
  boolean isInside() {
    return answering != null && answering.isInside();
  }

  @Override
  void onReplies(Asked node, ByteBuf bytes) {
    if (!isOf(node)) {
      bytes.release();
      return;
    }
    answering = node;
    asked.clear();
    if (node == hedge) {
      hedge = null;
      recovery.meters().onHedge(true);
    }
    if (node.wanted() == 0) {
      run.onAnswered();
    }
    run.pass(bytes);
  }

  @Override
  void onRefused(Asked node, Refusal why, ByteBuf line) {
    boolean nil = why == Refusal.NIL;
    if (!isOf(node) || (nil ? isMasterAskedBeside(node) : isOneOfMany(node))) {
      line.release();
      return;
    }
    if (rechecking) {
      line.release();
      fail();
      return;
    }
    if (nil) {
      recheck(node, line);
      return;
    }
    goOnFrom(node.wanted() + 1);
    becauseOf(line);
    if (why == Refusal.NOSCRIPT) {
      // Every node may be asked for its own cache.
      targets.uncountLast();
    } else {
      node.target().distrust("it answers " + why);
    }
    pauseEnd = System.nanoTime() + PAUSE;
    askNext(why.reason());
  }

  @Override
  void onLost(Asked node, NodeFailure why) {
    if (!isOf(node) || isOneOfMany(node)) {
      return;
    }
    boolean inside = node.isInside() && answering == node;
    if (inside && session.replies().isHead(run)) {
      forget();
      run.cutOff();
      return;
    }
    if (inside) {
      session.replies().dropEarly(run);
    }
    if (rechecking) {
      fail();
      return;
    }
    goOnFrom(node.wanted());
    if (inside) {
      goOnFromTheFirst();
    }
    becauseOf(why);
    if (!why.sent()) {
      targets.uncountLast();
    }
    askNext(why.sent() ? RetryReason.LOST : RetryReason.UNREACHABLE);
  }

  @Override
  void onOverdue(Asked node) {
    if (node == latest() && isOf(node) && !node.isInside()) {
      node.target().distrust(SILENT);
      if (node == hedge) {
        // All the more is the one that was asked before.
        run.target().distrust(SILENT);
      }
      boolean asks = askBeside(node);
      if (rechecking && !asks) {
        failIfSilent(node);
      }
    }
  }

  @Override
  boolean giveUp() {
    return isOf(latest()) && !latest().isInside() && !rechecking && askBeside(latest());
  }

  /** A replica has answered that there is nothing; the answer is taken over. */
  private void recheck(Asked replica, ByteBuf nil) {
    goOnFrom(replica.wanted() + 1);
    becauseOf(nil);
    reason = RetryReason.NIL;
    Target master = run.lane().forWrite();
    rechecking = targets.mayRecheckAt(master);
    if (rechecking) {
      recheckedAt = System.nanoTime();
      ask(master);
    } else {
      fail();
    }
  }

  /** A nil that nobody confirms is not passed on while the master is there. */
  private void failIfSilent(Asked master) {
    if (!recovery.isInTime(recheckedAt, recovery.readAttempts() - 1)) {
      goOnFrom(master.wanted());
      becauseOf(new NodeFailure(master.target().link().node(), SILENT, true));
      fail();
    }
  }

  /** Whether the master was asked, too, so that a replica's nil is nothing. */
  private boolean isMasterAskedBeside(Asked replica) {
    boolean beside = asked.stream().anyMatch(each -> each != replica && each.target().isMaster());
    if (beside) {
      waitForOthersThan(replica);
    }
    return beside;
  }

  @Override
  boolean hedge(Target other) {
    if (targets.isOvertaken(null)) {
      return false;
    }
    goOnFrom(run.wanted());
    asked.add(run);
    targets.onHedged(other);
    Attempt attempt = newAttempt(other);
    hedge = attempt;
    asked.add(attempt);
    send(attempt);
    return true;
  }

  private boolean askBeside(Asked node) {
    Target next = targets.next(RetryReason.TIMEOUT, unanswered());
    if (next == null) {
      targets.forgetBudget();
      return false;
    }
    reason = RetryReason.TIMEOUT;
    if (asked.size() < 2) {
      goOnFrom(node.wanted());
      asked.add(node);
    }
    ask(next);
    return true;
  }

  /** Whether others were asked, too, so that this one's failure is nothing. */
  private boolean isOneOfMany(Asked node) {
    if (asked.size() < 2) {
      return false;
    }
    waitForOthersThan(node);
    return true;
  }

  private void waitForOthersThan(Asked node) {
    asked.remove(node);
    if (node == latest()) {
      // Else nobody would notice that the one that is left is late.
      latest(asked.get(asked.size() - 1));
    }
  }

  @Override
  void goOnFrom(int stillUnanswered) {
    super.goOnFrom(stillUnanswered);
    answering = null;
    asked.clear();
  }

  private void askNext(RetryReason why) {
    reason = why;
    Target next = targets.next(why, unanswered());
    if (next != null) {
      ask(next);
    } else if (mayWait()) {
      holdEnd = holdEnd == 0 ? recovery.holdEnd() : holdEnd;
      waitUntil(holdEnd);
    } else {
      fail();
    }
  }

  @Override
  void waitForWrites(RetryReason why) {
    goOnFrom(unanswered());
    becauseOf(new NodeFailure(run.target().link().node(), "it is not the master any more", true));
    reason = why;
    targets.uncountLast();
    holdEnd = recovery.holdEnd();
    waitUntil(holdEnd);
  }

  private boolean mayWait() {
    return recovery.mayHold()
        && (holdEnd == 0 || System.nanoTime() - holdEnd < 0)
        && targets.areWorthWaitingFor(reason);
  }

  private void ask(Target next) {
    session.meters().onReads(ReadReason.RETRY, unanswered());
    targets.onAsked(next);
    Attempt attempt = newAttempt(next, reason);
    asked.add(attempt);
    send(attempt);
  }

  @Override
  void fail() {
    if (targets.isOverBudget()) {
      recovery.meters().onFallback(false, unanswered());
      fail(Resp.error(MasterShare.EXCEEDED), ErrorKind.FALLBACK);
    } else {
      super.fail();
    }
  }

  @Override
  boolean sendIfPossible() {
    if (System.nanoTime() - pauseEnd < 0) {
      return false;
    }
    targets.forgetTried();
    Target next = targets.next(reason, unanswered());
    if (next == null) {
      run.lane().forWrite().hurry();
      return false;
    }
    ask(next);
    return true;
  }
}
