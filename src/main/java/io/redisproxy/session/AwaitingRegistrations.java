package io.redisproxy.session;

/** Waits with a message for the subscriptions that were asked for before it. */
final class AwaitingSubscriptions extends LookingAgain {
  private final Runnable caller;
  private final PendingSubscriptions subscriptions;
  private final long before;

  /** {@code caller}: told that it is over before the request comes again. */
  AwaitingSubscriptions(Session session, Runnable caller) {
    super(session);
    this.caller = caller;
    subscriptions = session.subscriptions();
    before = subscriptions.begun();
  }

  @Override
  String word() {
    return "awaiting-subscriptions";
  }

  @Override
  boolean isOver() {
    boolean over = subscriptions.haveEnded(before);
    if (over) {
      caller.run();
    }
    return over;
  }
}
