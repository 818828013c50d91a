package io.redisproxy.session;

/** One request that changes a state of the session, if the node agrees. */
final class EffectRun extends Run {

  /** What follows from the reply. */
  interface Effect {
    /** {@code agreed}: false when the reply was an error. */
    void onReply(boolean agreed);
  }

  private final Effect effect;
  private boolean refused;

  EffectRun(Session session, Target target, long sentAt, Effect effect) {
    super(session, target, sentAt);
    this.effect = effect;
  }

  @Override
  protected void onError() {
    refused = true;
  }

  @Override
  void onDone() {
    effect.onReply(!refused);
  }
}
