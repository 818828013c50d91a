package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PendingReplies;

/** Replies to requests of the proxy's own making that nobody waits for. */
final class UnheardReplies extends PendingReplies {
  private final Object cause;

  /** {@code cause}: what they are for. */
  UnheardReplies(Object cause, int requests) {
    this.cause = cause;
    want(requests);
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    bytes.release();
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    // Nobody is to be told.
  }

  @Override
  protected boolean isCongested() {
    return false;
  }

  @Override
  protected void onHeld(NodeConnection connection) {
    throw new IllegalStateException("never congested");
  }

  @Override
  protected void onTooSlow() {
    throw new IllegalStateException("never congested");
  }

  @Override
  protected Object client() {
    return cause;
  }
}
