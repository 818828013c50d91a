package io.redisproxy.session;

import io.netty.buffer.ByteBuf;

/**
 * Waits until every request so far has been answered, and the client has not too much to take; what
 * comes meanwhile is for the next state.
 */
final class Draining extends SessionState {
  private final Session session;
  private final SessionState next;
  private final Pieces rest;

  Draining(Session session, SessionState next) {
    this.session = session;
    this.next = next;
    rest = session.newPieces();
  }

  @Override
  String word() {
    return "draining";
  }

  @Override
  void onEntered() {
    if (isDone()) {
      session.become(next);
    } else {
      session.gate().close(InputGate.Reason.WAITING);
    }
  }

  @Override
  void onBytes(ByteBuf in) {
    rest.add(in, in.readerIndex(), in.writerIndex());
    in.release();
  }

  @Override
  void onAllReplied() {
    goOnIfDone();
  }

  @Override
  void onClientWritable() {
    goOnIfDone();
  }

  private void goOnIfDone() {
    if (isDone()) {
      session.gate().open(InputGate.Reason.WAITING);
      session.become(next);
      session.resume(rest);
    }
  }

  private boolean isDone() {
    return session.replies().isEmpty() && !session.isOverfull();
  }

  @Override
  void onEndOfInput() {
    // Else the next state is told when it has got the rest.
    session.serving().closeIfBlocked();
  }

  @Override
  void onClosed() {
    rest.release();
    next.onClosed();
  }
}
