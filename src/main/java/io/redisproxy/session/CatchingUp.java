package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Waits for the replica that gave a cursor, when that is behind: the next part of what it iterates
 * over can come from no other node. It goes on when the replica has all that was acknowledged by
 * now; writes that are in flight are not waited for, else there might be no end.
 */
final class CatchingUp extends SessionState {
  /** What came of it. */
  enum Outcome {
    REACHED,
    TOO_FAR_BEHIND
  }

  private static final long LOOK_AGAIN_MILLIS = 1;
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Session session;
  private final Serving after;
  private final int node;
  private final Pieces rest;
  private long needed;
  private long until;
  private ScheduledFuture<?> look;

  CatchingUp(Session session, Serving after, Target replica) {
    this.session = session;
    this.after = after;
    node = replica.node();
    rest = session.newPieces();
  }

  @Override
  String word() {
    return "catching-up";
  }

  @Override
  void onEntered() {
    needed = session.keys().acknowledged();
    until = System.nanoTime() + LONGEST_NANOS;
    if (isOver()) {
      session.become(after);
    } else {
      session.gate().close(InputGate.Reason.WAITING);
      lookLater();
    }
  }

  private void lookLater() {
    look = session.executor().schedule(this::look, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    if (isOver()) {
      session.gate().open(InputGate.Reason.WAITING);
      session.become(after);
      session.resume(rest);
    } else {
      lookLater();
    }
  }

  private boolean isOver() {
    boolean reached = session.lane().hasReached(node, needed);
    boolean over = reached || !session.lane().isReadable(node) || until - System.nanoTime() < 0;
    if (over) {
      after.caughtUp(reached ? Outcome.REACHED : Outcome.TOO_FAR_BEHIND);
    }
    return over;
  }

  @Override
  void onBytes(ByteBuf in) {
    rest.add(in, in.readerIndex(), in.writerIndex());
    in.release();
  }

  @Override
  void onEndOfInput() {
    // The next state is told when it has got what came before.
  }

  @Override
  void onClosed() {
    rest.release();
    if (look != null) {
      look.cancel(false);
    }
  }
}
