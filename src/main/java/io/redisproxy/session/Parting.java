package io.redisproxy.session;

import io.redisproxy.metrics.CloseCause;

/** Lets a client go since the proxy, or its port, is to end. */
final class Parting extends Closing {
  /** The client has got all that it will get. */
  static final String PARTED = "parted";

  private final Session session;

  Parting(Session session) {
    super(session, CloseCause.DRAINED);
    this.session = session;
  }

  @Override
  String word() {
    return session.hasSentAll() ? PARTED : "parting";
  }

  @Override
  void onAllReplied() {
    session.unpin();
    super.onAllReplied();
  }
}
