package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import java.util.Set;

/** The session waits for something; what comes from the client meanwhile waits behind it. */
abstract class PausedState extends SessionState {
  final Session session;
  private final Pieces early;
  private InputGate.Reason pause = InputGate.Reason.WAITING;

  PausedState(Session session) {
    this.session = session;
    early = session.newPieces();
  }

  @Override
  final boolean isWaiting() {
    return true;
  }

  /** The client is not read from until the session goes on, or just to see whether it goes. */
  final void pause() {
    pause = session.isBlocked() ? InputGate.Reason.BLOCKED : InputGate.Reason.WAITING;
    session.gate().close(pause);
  }

  /** Another state comes, before what has waited is {@link #resume resumed}. */
  final void goOnIn(SessionState next) {
    session.gate().open(pause);
    session.become(next);
  }

  /** The state that the session is in now gets what has waited. */
  final void resume() {
    boolean nothing = early.isEmpty();
    session.resume(early);
    if (nothing) {
      // Not at once: what waited for the state before this one may be about to come.
      session.executor().execute(session.delays()::forget);
    }
  }

  /** The session serves again, beginning with what has waited. */
  final void serve() {
    goOnIn(session.serving());
    resume();
  }

  @Override
  final int waitingBytes() {
    return early.size();
  }

  /** What waits is of no use any more. */
  final void forgetWaiting() {
    early.release();
  }

  /** What its own connection holds, it holds on. */
  @Override
  void addFlags(Set<ClientFlag> flags) {
    session.serving().addFlags(flags);
  }

  @Override
  final void onBytes(ByteBuf in) {
    early.take(in);
  }

  @Override
  void onClosed() {
    forgetWaiting();
  }
}
