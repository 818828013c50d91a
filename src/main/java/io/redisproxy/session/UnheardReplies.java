package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.upstream.NodeFailure;

/** Replies to requests of the proxy's own making that nobody waits for. */
final class UnheardReplies extends OwnReplies {
  private final long sentAt = System.nanoTime();

  /** {@code cause}: what they are for. */
  UnheardReplies(Object cause, int requests) {
    super(cause, requests);
  }

  @Override
  protected boolean isSentBy(long time) {
    return sentAt - time <= 0;
  }

  @Override
  protected boolean isWanted() {
    return false;
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    bytes.release();
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    // Nobody is to be told.
  }
}
