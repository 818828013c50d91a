package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.Subscriptions;

/**
 * The confirmations of subscriptions that the client made long ago at another node. It hears
 * nothing of them; a node gives those of one command without a message in between.
 */
final class Resubscription extends OwnReplies {
  private final Resubscribing resubscribing;
  private boolean refused;

  Resubscription(Resubscribing resubscribing, int names) {
    super(resubscribing, names);
    this.resubscribing = resubscribing;
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
}
