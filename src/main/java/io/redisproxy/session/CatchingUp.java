package io.redisproxy.session;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * Waits for the replica that gave a cursor, or a script may have got one from, when that is behind:
 * the next part of what is iterated over can come from no other node. It goes on when the replica
 * has all that was acknowledged by now; writes that are in flight are not waited for, else there
 * might be no end.
 */
final class CatchingUp extends LookingAgain {
  /** What came of it. */
  enum Outcome {
    REACHED,
    TOO_FAR_BEHIND
  }

  private static final Duration LONGEST = Duration.ofSeconds(2);

  private final Consumer<Outcome> caller;
  private final int node;
  private long needed;

  /** {@code caller}: told what came of it before the request comes again. */
  CatchingUp(Session session, Consumer<Outcome> caller, Target replica) {
    super(session, LONGEST);
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
    super.onEntered();
  }

  @Override
  boolean isOver() {
    boolean reached = session.lane().hasReached(node, needed);
    boolean over = reached || !session.lane().isReadable(node) || isTimeUp();
    if (over) {
      caller.accept(reached ? Outcome.REACHED : Outcome.TOO_FAR_BEHIND);
    }
    return over;
  }
}
