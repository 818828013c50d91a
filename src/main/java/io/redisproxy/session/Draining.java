package io.redisproxy.session;

/**
 * Waits until every request so far has been answered, and the client has not too much to take; what
 * comes meanwhile is for the next state.
 */
final class Draining extends PausedState {
  private final SessionState next;

  private Draining(Session session, SessionState next) {
    super(session);
    this.next = next;
  }

  /** The state to come: {@code next} itself if there is nothing to wait for. */
  static SessionState before(SessionState next, Session session) {
    return isDone(session) ? next : new Draining(session, next);
  }

  @Override
  String word() {
    return "draining";
  }

  @Override
  void onEntered() {
    pause();
  }

  @Override
  void onAllReplied() {
    goOnIfDone();
  }

  @Override
  void onClientWritable() {
    goOnIfDone();
  }

  private void goOnIfDone() {
    if (isDone(session)) {
      goOnIn(next);
      resume();
    }
  }

  private static boolean isDone(Session session) {
    return session.replies().isEmpty() && !session.output().isOverfull();
  }

  @Override
  void onClosed() {
    super.onClosed();
    next.onClosed();
  }
}
