package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.metrics.RetryReason;
import io.redisproxy.trace.RequestTrace;
import io.redisproxy.upstream.NodeChannel;
import io.redisproxy.upstream.NodeFailure;
import java.util.ArrayList;
import java.util.List;

/**
 * What is done about a run whose node failed: its requests, from the first whose reply has not gone
 * on, are sent again, or fail. The run keeps its place among the client's others.
 */
abstract class Retry implements Holds.Waiting {
  final Session session;
  final Recovery recovery;
  final Run run;
  final KeptRequests requests;

  /** The node that was asked last. */
  private Asked latest;

  /** How many requests are to be answered by the node that is asked next, or was asked last. */
  private int unanswered;

  private final List<RequestTrace.Resent> resent = new ArrayList<>(1);
  private boolean failed;
  private boolean gone;
  private boolean waiting;
  private long waitingSince;

  // Why the last node gave no reply: one of the two.
  private NodeFailure failure;
  private ByteBuf refusal;

  Retry(Session session, Run run, KeptRequests requests) {
    this.session = session;
    recovery = session.recovery();
    this.run = run;
    this.requests = requests;
    latest = run;
    unanswered = run.requests();
  }

  /** Whether the replies of this node are the client's, or may become so. */
  abstract boolean isOf(Asked node);

  /** Whether all replies have come, or never will. */
  abstract boolean isDone();

  /** How many replies are still to go on. */
  abstract int left();

  /** Whether a part of a reply has gone on. */
  abstract boolean isInside();

  /** Takes over bytes of a node's replies. */
  abstract void onReplies(Asked node, ByteBuf bytes);

  /** The node has answered that it doesn't run the next request; the line is taken over. */
  abstract void onRefused(Asked node, Refusal why, ByteBuf line);

  abstract void onLost(Asked node, NodeFailure why);

  /** A node is silent for too long; it may still answer. */
  void onOverdue(Asked node) {}

  /** Nobody can wait any longer: true if another node is asked, and has time. */
  boolean giveUp() {
    return false;
  }

  /** Asks another replica, too, as the first one is slow; false if it must not be asked. */
  boolean hedge(Target other) {
    return false;
  }

  /**
   * What the client wrote before it was refused, and may be sent again: reads have to be, too,
   * then.
   */
  abstract void waitForWrites(RetryReason why);

  /** How often it was sent again, and why. */
  final List<RequestTrace.Resent> resent() {
    return resent;
  }

  /** The node that the client's replies come from, or will most likely. */
  Asked answerer() {
    return latest;
  }

  final Asked latest() {
    return latest;
  }

  /** Whether nobody else was asked than the node that the run was sent to, nor is waited for. */
  final boolean isWithFirst() {
    return latest == run && !waiting && !failed;
  }

  /** Whether the replies are to come from this node, the last one that was asked. */
  final boolean isAwaitedFrom(Target node) {
    return !isOver() && !waiting && latest.target() == node;
  }

  /** That one will not answer; another one is waited for. */
  final void latest(Asked other) {
    latest = other;
  }

  final int unanswered() {
    return unanswered;
  }

  /** Whether nothing is to be done any more. */
  final boolean isOver() {
    return gone || failed;
  }

  final boolean isFailed() {
    return failed;
  }

  /** Whether it waits for a node that it can be sent to. */
  final boolean isWaiting() {
    return waiting;
  }

  /** Whether it may yet be sent to a node. */
  boolean isToBeSent() {
    return waiting;
  }

  /** The last so many requests are to be answered by another node. */
  void goOnFrom(int stillUnanswered) {
    requests.skip(unanswered - stillUnanswered);
    unanswered = stillUnanswered;
    releaseRefusal();
    failure = null;
  }

  /** All requests are to be answered by another node. */
  final void goOnFromTheFirst() {
    requests.rewind();
    unanswered = run.requests();
  }

  final void becauseOf(NodeFailure why) {
    failure = why;
  }

  /** The line is taken over. */
  final void becauseOf(ByteBuf line) {
    refusal = line;
  }

  /** A node is asked for what is not answered; to be sent next. */
  final Attempt newAttempt(Target next, RetryReason reason) {
    recovery.meters().onRetry(reason, unanswered);
    resent.add(new RequestTrace.Resent(System.nanoTime(), latest.target().link().node(), reason));
    return newAttempt(next);
  }

  /** The same, but that nothing has failed. */
  final Attempt newAttempt(Target next) {
    Attempt attempt = new Attempt(session, run, this, next, unanswered);
    latest = attempt;
    return attempt;
  }

  final void send(Attempt attempt) {
    NodeChannel connection = attempt.target().connection();
    connection.expect(attempt);
    connection.send(requests.left());
  }

  /** Waits until a time of {@link System#nanoTime}. */
  final void waitUntil(long end) {
    if (!waiting) {
      waiting = true;
      waitingSince = System.nanoTime();
    }
    recovery.holds().add(this, end);
  }

  /** Answers what is left with the last error. */
  void fail() {
    ByteBuf line = refusal;
    refusal = null;
    toFailed();
    if (line != null) {
      run.refuse(line, unanswered);
    } else {
      run.fail(
          failure, failure.sent() ? ErrorKind.NODE_LOST : ErrorKind.NODE_UNREACHABLE, unanswered);
    }
  }

  /** Answers what is left with an error, which is taken over. */
  final void fail(ByteBuf error, ErrorKind kind) {
    toFailed();
    run.fail(error, kind, unanswered);
  }

  final void toFailed() {
    failed = true;
    waiting = false;
    requests.release();
    releaseRefusal();
    run.writesAreLost();
  }

  /** The client is gone, or all is answered. */
  void forget() {
    if (!isOver()) {
      gone = true;
      requests.release();
      releaseRefusal();
    }
  }

  private void releaseRefusal() {
    if (refusal != null) {
      refusal.release();
      refusal = null;
    }
  }

  // While it waits.

  /** Whether it was sent, or has failed. */
  abstract boolean sendIfPossible();

  @Override
  public final boolean tryToGoOn() {
    boolean goesOn = sendIfPossible();
    if (goesOn && waiting) {
      waiting = false;
      run.onQueued(System.nanoTime() - waitingSince);
    }
    return goesOn;
  }

  @Override
  public final void onTimeUp() {
    // So does what has waited behind it.
    session.serving().holdNothing(true);
    fail();
    session.serving().holdNothing(false);
  }

  @Override
  public final Session session() {
    return session;
  }

  @Override
  public final boolean isGone() {
    return isOver();
  }

  @Override
  public final int bytes() {
    return requests.size();
  }
}
