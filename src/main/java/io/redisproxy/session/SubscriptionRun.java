package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.resp.ReplyScanner;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.Subscriptions;
import java.util.List;

/** A request that subscribes or unsubscribes: the node answers a confirmation for each name. */
final class SubscriptionRun extends Run {

  /** What follows from the confirmations. */
  interface Effect {
    void on(Subscriptions.Kind kind, List<byte[]> names);
  }

  private final Subscriptions.Kind kind;
  private final List<byte[]> names;
  private final Effect effect;
  private final Registrations.Pending pending;
  private boolean refused;

  /** Tells where items begin; null as long as the client wants replies. */
  private ReplyScanner muting;

  private boolean insideError;

  /**
   * A run.
   *
   * @param names those of the request; none unsubscribes from all
   * @param effect what the request does, when the node has agreed
   * @param pending ends with it
   */
  SubscriptionRun(
      Session session,
      Target target,
      Subscriptions.Kind kind,
      List<byte[]> names,
      Effect effect,
      Registrations.Pending pending) {
    super(session, target, System.nanoTime());
    this.kind = kind;
    this.names = names;
    this.effect = effect;
    this.pending = pending;
    // The first of them is the request itself.
    want(Math.max(0, names.size() - 1));
  }

  /** CLIENT REPLY is about replies: confirmations are messages, errors are not. */
  @Override
  void mute() {
    muting = new ReplyScanner();
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    if (muting != null) {
      if (!muting.isInsideReply()) {
        insideError = Resp.isError(bytes);
      }
      muting.scanItem(bytes, bytes.readerIndex());
      if (insideError) {
        bytes.skipBytes(bytes.readableBytes());
      }
    }
    super.onReplies(bytes);
  }

  @Override
  protected boolean isSubscription() {
    return true;
  }

  @Override
  protected void onError() {
    refused = true;
  }

  @Override
  void onDone() {
    pending.end();
    if (!refused) {
      effect.on(kind, names);
    }
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    pending.end();
    super.onLost(failure, insideReply);
  }

  @Override
  protected void onConfirmed(Subscriptions subscriptions) {
    if (!names.isEmpty() || subscriptions.count(kind) == 0) {
      received(1);
    }
  }
}
