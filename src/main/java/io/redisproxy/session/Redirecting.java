package io.redisproxy.session;

/**
 * Waits until the client that this one's invalidations are redirected to has a connection to the
 * node, as the node knows clients by those only.
 */
final class Redirecting extends PausedState {
  private final PinnedRequests pinned;
  private final ConnectedClient receiver;

  Redirecting(Session session, PinnedRequests pinned, ConnectedClient receiver) {
    super(session);
    this.pinned = pinned;
    this.receiver = receiver;
  }

  @Override
  String word() {
    return "redirecting";
  }

  @Override
  void onEntered() {
    pause();
    receiver.receive(() -> session.executor().execute(this::goOn));
  }

  private void goOn() {
    if (!session.isClosed()) {
      pinned.redirected(receiver);
      serve();
    }
  }
}
