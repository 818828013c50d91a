package io.redisproxy.session;

import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The end of a client's connection from our side: what there is to send is sent, then the end of
 * the output, and what the client sends meanwhile is dropped: the first of it, see {@link
 * InputGate}, and the rest with the connection.
 *
 * <p>The connection itself is closed when the client has seen that. Closed with a request of it
 * unread, it would be reset, and the systems on the way then throw away replies that the client has
 * not taken yet.
 */
final class LingeringClose {
  private final Session session;
  private final long seconds;
  private Future<?> timer;

  /** {@code seconds}: for how long a client is waited for that has been sent all. */
  LingeringClose(Session session, long seconds) {
    this.session = session;
    this.seconds = seconds;
  }

  void begin(ReplyQueue replies, OutputGate output) {
    replies.close();
    output.end(this::onSent);
  }

  /** Whether all has been sent, and only the client is waited for. */
  boolean isSent() {
    return timer != null;
  }

  private void onSent() {
    if (session.hasInputEnded() || session.isClosed()) {
      session.close();
    } else {
      timer = session.executor().schedule(session::close, seconds, TimeUnit.SECONDS);
    }
  }

  /** The client sends no more, but may not have taken all. */
  void onEndOfInput() {
    if (isSent()) {
      session.close();
    }
  }

  void onClosed() {
    if (isSent()) {
      timer.cancel(false);
    }
  }
}
