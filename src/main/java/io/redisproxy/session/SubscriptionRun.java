package io.redisproxy.session;

import io.redisproxy.upstream.Subscriptions;

/** A request that subscribes or unsubscribes: the node answers a confirmation for each name. */
final class SubscriptionRun extends Run {
  private final Subscriptions.Kind kind;
  private final boolean all;

  /** {@code names}: how many the request has; none unsubscribes from all. */
  SubscriptionRun(Session session, Target target, long sentAt, Subscriptions.Kind kind, int names) {
    super(session, target, sentAt);
    this.kind = kind;
    all = names == 0;
    // The first of them is the request itself.
    want(Math.max(0, names - 1));
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
  protected void onConfirmed(Subscriptions subscriptions) {
    if (!all || subscriptions.count(kind) == 0) {
      received(1);
    }
  }
}
