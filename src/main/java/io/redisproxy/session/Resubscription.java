package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PendingReplies;
import io.redisproxy.upstream.Subscriptions;

/**
 * The confirmations of subscriptions that the client made long ago at another node. It hears
 * nothing of them; a node gives those of one command without a message in between.
 */
final class Resubscription extends PendingReplies {
  private final Resubscribing resubscribing;
  private boolean refused;

  Resubscription(Resubscribing resubscribing, int names) {
    this.resubscribing = resubscribing;
    want(names);
  }

  @Override
  protected boolean isSubscription() {
    return true;
  }

  @Override
  protected void onConfirmed(Subscriptions subscriptions) {
    received(1);
  }

  @Override
  protected void onError() {
    refused = true;
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    bytes.release();
    if (wanted() == 0) {
      resubscribing.onAnswered(!refused);
    }
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    // The holder of the connection has been told.
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
    return resubscribing;
  }
}
