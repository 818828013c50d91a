package io.redisproxy.session;

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
  private boolean refused;

  /**
   * A run.
   *
   * @param names those of the request; none unsubscribes from all
   * @param effect what the request does, when the node has agreed
   */
  SubscriptionRun(
      Session session,
      Target target,
      long sentAt,
      Subscriptions.Kind kind,
      List<byte[]> names,
      Effect effect) {
    super(session, target, sentAt);
    this.kind = kind;
    this.names = names;
    this.effect = effect;
    // The first of them is the request itself.
    want(Math.max(0, names.size() - 1));
  }

  @Override
  void mute() {
    // CLIENT REPLY is about replies; confirmations are messages.
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
    if (!refused) {
      effect.on(kind, names);
    }
  }

  @Override
  protected void onConfirmed(Subscriptions subscriptions) {
    if (!names.isEmpty() || subscriptions.count(kind) == 0) {
      received(1);
    }
  }
}
