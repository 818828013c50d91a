package io.redisproxy.session;

import java.util.function.Supplier;

/**
 * Waits until there is a connection to a node for the next request; what comes meanwhile waits
 * behind it. When it has waited for as long as it may, all that has come by then fails at once.
 */
final class Holding extends PausedState implements Holds.Waiting {
  private final Supplier<Target> node;

  /** {@code node}: the one that the request would go to now. */
  Holding(Session session, Supplier<Target> node) {
    super(session);
    this.node = node;
  }

  @Override
  String word() {
    return "holding";
  }

  @Override
  void onEntered() {
    pause();
    session.recovery().holds().add(this, session.recovery().holdEnd());
  }

  @Override
  public boolean tryToGoOn() {
    Target target = node.get();
    if (!target.isAnswering()) {
      target.hurry();
      return false;
    }
    serve();
    return true;
  }

  @Override
  public void onTimeUp() {
    session.serving().holdNothing(true);
    serve();
    session.serving().holdNothing(false);
  }

  @Override
  public Session session() {
    return session;
  }

  @Override
  public boolean isGone() {
    return session.isClosed();
  }

  @Override
  public int bytes() {
    return waitingBytes();
  }
}
