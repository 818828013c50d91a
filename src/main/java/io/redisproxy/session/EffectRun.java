package io.redisproxy.session;

import io.redisproxy.resp.Resp;

/** One request that changes a state of the session, if the node agrees. */
final class EffectRun extends Run {

  /** What follows from the reply. */
  interface Effect {
    /** {@code agreed}: false when the reply was an error. */
    void onReply(boolean agreed);
  }

  /** What a server answers that a script keeps busy, or one would that lets nobody else in. */
  enum WhenTurnedAway {
    REFUSED,
    AGREED,
    ABORTED
  }

  private static final String ABORT = "EXECABORT Transaction discarded because of: ";

  private final Effect effect;
  private final WhenTurnedAway whenTurnedAway;
  private boolean refused;

  EffectRun(
      Session session, Target target, long sentAt, WhenTurnedAway whenTurnedAway, Effect effect) {
    super(session, target, sentAt);
    this.whenTurnedAway = whenTurnedAway;
    this.effect = effect;
  }

  /** What EXEC is answered; {@code error}: why commands of the transaction were refused. */
  static String abort(String error) {
    return ABORT + error;
  }

  @Override
  protected void onError() {
    refused = true;
  }

  @Override
  void onTurnedAway(String error, int requests) {
    switch (whenTurnedAway) {
      case REFUSED -> super.onTurnedAway(error, requests);
      case AGREED -> pass(Resp.simple("OK"));
      case ABORTED -> super.onTurnedAway(abort(error), requests);
    }
  }

  @Override
  void onDone() {
    effect.onReply(!refused);
  }
}
