package io.redisproxy.session;

import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.PendingReplies;

/**
 * Small replies to requests of the proxy's own making, which don't go on to a client: nobody can be
 * too slow to take them.
 */
abstract class OwnReplies extends PendingReplies {
  private final Object cause;

  /** {@code cause}: what they are for. */
  OwnReplies(Object cause, int replies) {
    this.cause = cause;
    want(replies);
  }

  @Override
  protected final boolean isCongested() {
    return false;
  }

  @Override
  protected final void onHeld(NodeConnection connection) {
    throw new IllegalStateException("never congested");
  }

  @Override
  protected final void onTooSlow() {
    throw new IllegalStateException("never congested");
  }

  @Override
  protected final Object client() {
    return cause;
  }
}
