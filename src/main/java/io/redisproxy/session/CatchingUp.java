package io.redisproxy.session;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Waits for the replica that gave a cursor, when that is behind: the next part of what it iterates
 * over can come from no other node. It goes on when the replica has all that was acknowledged by
 * now; writes that are in flight are not waited for, else there might be no end.
 */
final class CatchingUp extends PausedState {
  /** What came of it. */
  enum Outcome {
    REACHED,
    TOO_FAR_BEHIND
  }

  private static final long LOOK_AGAIN_MILLIS = 1;
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Cursors cursors;
  private final int node;
  private long needed;
  private long until;
  private ScheduledFuture<?> look;

  CatchingUp(Session session, Cursors cursors, Target replica) {
    super(session);
    this.cursors = cursors;
    node = replica.node();
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
      session.toServing();
    } else {
      pause();
      lookLater();
    }
  }

  private void lookLater() {
    look = session.executor().schedule(this::look, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    if (isOver()) {
      goOnIn(session.serving());
      resume();
    } else {
      lookLater();
    }
  }

  private boolean isOver() {
    boolean reached = session.lane().hasReached(node, needed);
    boolean over = reached || !session.lane().isReadable(node) || until - System.nanoTime() < 0;
    if (over) {
      cursors.caughtUp(reached ? Outcome.REACHED : Outcome.TOO_FAR_BEHIND);
    }
    return over;
  }

  @Override
  void onClosed() {
    super.onClosed();
    if (look != null) {
      look.cancel(false);
    }
  }
}
