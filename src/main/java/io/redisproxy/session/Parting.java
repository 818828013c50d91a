package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.redisproxy.metrics.CloseCause;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Lets a client go since the proxy, or its port, is to end: after the last reply comes the end of
 * the output, and what the client sends from now on is not looked at.
 *
 * <p>The connection itself is closed when the client has seen that. Closed with a request of it
 * unread, it would be reset, and the client's system may then throw away the last reply.
 */
final class Parting extends SessionState {
  /** The client has got all that it will get. */
  static final String PARTED = "parted";

  private static final long LINGER_SECONDS = 1;

  private final Session session;
  private Future<?> linger;

  Parting(Session session) {
    this.session = session;
  }

  @Override
  String word() {
    return linger == null ? "parting" : PARTED;
  }

  @Override
  void onEntered() {
    if (session.replies().isEmpty()) {
      endOutput();
    }
  }

  @Override
  void onBytes(ByteBuf in) {
    in.release();
  }

  @Override
  void onAllReplied() {
    endOutput();
  }

  private void endOutput() {
    session.unpin();
    session.endOutput(CloseCause.DRAINED);
    linger =
        session
            .executor()
            .schedule(() -> session.closeNow(CloseCause.DRAINED), LINGER_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  void addFlags(Set<ClientFlag> flags) {
    flags.add(ClientFlag.CLOSING);
  }

  @Override
  void onEndOfInput() {
    if (linger != null) {
      session.closeNow(CloseCause.DRAINED);
    } else {
      session.serving().closeIfBlocked();
    }
  }

  @Override
  void onClosed() {
    if (linger != null) {
      linger.cancel(false);
    }
  }
}
