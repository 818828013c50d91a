package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.Outbound;
import io.redisproxy.upstream.PinnedConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Passes replies on to the client. While that doesn't take them, or too many wait for an earlier
 * one, the connections that they come over are not read from.
 */
final class OutputGate {
  /** A connection that is not read from as long as the run's replies are too many. */
  private record Held(NodeConnection connection, Run run) {}

  private final Session session;
  private final SessionContext shared;
  private final Outbound out;
  private final ReplyQueue replies;

  /** What the client sends brings more replies. */
  private final InputGate input;

  private final List<Held> held = new ArrayList<>(0);

  /** Connections of the session's own that are not read from until the client takes more. */
  private final List<PinnedConnection> paused = new ArrayList<>(0);

  /** Ends a subscriber that takes no messages; null while it does. */
  private Future<?> stallTimer;

  OutputGate(Session session, SessionContext shared, Outbound out, InputGate input) {
    this.session = session;
    this.shared = shared;
    this.out = out;
    replies = session.replies();
    this.input = input;
  }

  /** Takes bytes over that are next for the client. */
  void write(ByteBuf bytes) {
    shared.meters().bytesOut(bytes.readableBytes());
    out.write(bytes);
  }

  /** No more will come; the action runs when all is sent, or nothing can be any more. */
  void end(Runnable then) {
    out.end(then);
  }

  /**
   * Whether more waits for the client than may. What waits for its turn doesn't count for the run
   * at the head, as it waits for just that run.
   */
  boolean isCongested(Run run) {
    if (session.isClosed()) {
      return false;
    }
    return replies.early() == 0 || replies.isHead(run)
        ? !out.isWritable() && isTooMuch(out.pending())
        : isTooMuch(out.pending() + replies.early());
  }

  /** Whether the client must take replies before it gets more that cost it a few bytes to ask. */
  boolean isOverfull() {
    return isEarlyFull() || (!out.isWritable() && isTooMuch(out.pending()));
  }

  private boolean isTooMuch(long bytes) {
    return bytes > shared.outputLimit()
        || (bytes > DirectMemory.LITTLE && shared.memory().isScarce());
  }

  /** Less than what holds up a node, since requests that bring more can be under way already. */
  private boolean isEarlyFull() {
    return replies.early() > shared.outputLimit() / 2;
  }

  /** A run's replies are too many: its connection is not read from until they are not. */
  void onHolding(NodeConnection connection, Run run) {
    run.onHold(!replies.isHead(run));
    held.add(new Held(connection, run));
  }

  /** Others have waited too long for a connection that is not read from. */
  void onTooSlow() {
    if (!out.isWritable() || replies.early() == 0) {
      session.closeNow(CloseCause.SLOW_CLIENT);
    } else {
      giveUpHead();
    }
  }

  /**
   * A client that takes what it is given is not to blame when replies wait for an earlier one, but
   * the node that doesn't give that; and the node will be as silent about its next runs.
   */
  private void giveUpHead() {
    Target silent = replies.head().target();
    while (replies.head().giveUp()
        && isEarlyFull()
        && silent.equals(replies.head().target())
        && !replies.head().isCutOff()) {
      // The next one.
    }
  }

  /** Whether the client takes more; if not, the connection is read from again when it does. */
  boolean takesMoreFrom(PinnedConnection connection) {
    if (out.isWritable() || session.isClosed()) {
      return true;
    }
    if (!paused.contains(connection)) {
      paused.add(connection);
    }
    return false;
  }

  /**
   * What comes without being asked for waits at the node while the client takes nothing. The node
   * cuts off who leaves too much, but that can't be seen before all is read that it had sent.
   */
  void onStalled() {
    if (stallTimer == null) {
      stallTimer =
          session
              .executor()
              .schedule(
                  () -> session.closeNow(CloseCause.SLOW_CLIENT),
                  shared.subscriberTimeout().toMillis(),
                  TimeUnit.MILLISECONDS);
    }
  }

  /** More replies wait for an earlier one. */
  void onEarly() {
    if (isEarlyFull()) {
      input.close(InputGate.Reason.EARLY_FULL);
    }
  }

  /** Fewer replies wait for an earlier one, or it is another. */
  void onTurn() {
    resumeHeld();
    if (!isEarlyFull()) {
      input.open(InputGate.Reason.EARLY_FULL);
    }
  }

  void onAllReplied() {
    resumeHeld();
  }

  /** The client takes replies again. */
  void onWritable() {
    input.open(InputGate.Reason.CLIENT_FULL);
    cancelStallTimer();
    resumeHeld();
    paused.forEach(connection -> connection.setReading(true));
    paused.clear();
  }

  /** The client doesn't take its replies. */
  void onUnwritable() {
    input.close(InputGate.Reason.CLIENT_FULL);
  }

  private void resumeHeld() {
    held.removeIf(
        each -> {
          boolean goesOn = !isCongested(each.run());
          if (goesOn) {
            each.run().onHoldOver();
            each.connection().resume();
          }
          return goesOn;
        });
  }

  private void cancelStallTimer() {
    if (stallTimer != null) {
      stallTimer.cancel(false);
      stallTimer = null;
    }
  }

  /** The client is gone; its replies have been let go of. */
  void close() {
    // One that was borrowed for a large request can be given back when the reply has come.
    paused.forEach(connection -> connection.setReading(true));
    paused.clear();
    cancelStallTimer();
    held.forEach(each -> each.connection().resume());
    held.clear();
  }
}
