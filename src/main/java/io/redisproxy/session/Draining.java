package io.redisproxy.session;

/**
 * Waits until every request so far has been answered, and the client has not too much to take; what
 * comes meanwhile is for the next state.
 */
final class Draining extends PausedState {
  private final SessionState next;

  Draining(Session session, SessionState next) {
    super(session);
    this.next = next;
  }

  @Override
  String word() {
    return "draining";
  }

  @Override
  void onEntered() {
    if (isDone()) {
      session.become(next);
    } else {
      pause();
    }
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
    if (isDone()) {
      goOnIn(next);
      resume();
    }
  }

  private boolean isDone() {
    return session.replies().isEmpty() && !session.output().isOverfull();
  }

  @Override
  void onEndOfInput() {
    // Else the next state is told when it has got the rest.
    session.serving().closeOnceBlocked();
  }

  @Override
  void onClosed() {
    super.onClosed();
    next.onClosed();
  }
}
