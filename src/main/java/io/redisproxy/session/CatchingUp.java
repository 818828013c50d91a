package io.redisproxy.session;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Waits for the replica that gave a cursor, or a script may have got one from, when that is behind:
 * the next part of what is iterated over can come from no other node. It goes on when the replica
 * has all that was acknowledged by now; writes that are in flight are not waited for, else there
 * might be no end.
 */
final class CatchingUp extends PausedState {
  /** What came of it. */
  enum Outcome {
    REACHED,
    TOO_FAR_BEHIND
  }

  private static final long LOOK_AGAIN_MILLIS = 1;
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Consumer<Outcome> caller;
  private final int node;
  private long needed;
  private long until;
  private ScheduledFuture<?> look;

  /** {@code caller}: told what came of it before the request comes again. */
  CatchingUp(Session session, Consumer<Outcome> caller, Target replica) {
    super(session);
    this.caller = caller;
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
      serve();
    } else {
      lookLater();
    }
  }

  private boolean isOver() {
    boolean reached = session.lane().hasReached(node, needed);
    boolean over = reached || !session.lane().isReadable(node) || until - System.nanoTime() < 0;
    if (over) {
      caller.accept(reached ? Outcome.REACHED : Outcome.TOO_FAR_BEHIND);
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
