package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.CloseCause;
import java.util.Set;

/** Closes after the last reply; what the client still sends is not looked at. */
class Closing extends SessionState {
  private final Session session;
  private final CloseCause cause;

  Closing(Session session, CloseCause cause) {
    this.session = session;
    this.cause = cause;
  }

  @Override
  String word() {
    return "closing";
  }

  @Override
  void onEntered() {
    session.dropInput();
    if (session.replies().isEmpty()) {
      onAllReplied();
    }
  }

  @Override
  void onBytes(ByteBuf in) {
    in.release();
  }

  @Override
  void onAllReplied() {
    session.closeAfterFlush(cause);
  }

  @Override
  void addFlags(Set<ClientFlag> flags) {
    flags.add(ClientFlag.CLOSING);
  }
}
