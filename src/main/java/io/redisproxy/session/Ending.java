package io.redisproxy.session;

import io.netty.util.concurrent.Future;
import io.redisproxy.metrics.CloseCause;
import java.util.concurrent.TimeUnit;

/**
 * The end of a client's connection. From our side what there is to send is sent, then the end of
 * the output, and what the client sends meanwhile is dropped: the first of it, see {@link
 * InputGate}, and the rest with the connection.
 *
 * <p>The connection itself is closed when the client has seen that. Closed with a request of it
 * unread, it would be reset, and the systems on the way then throw away replies that the client has
 * not taken yet.
 */
final class Ending {
  private enum Stage {
    /** More may come for the client. */
    NONE,
    /** It gets what there is to send, and no more. */
    LINGERING,
    CLOSED
  }

  /** Seconds that a client gets to take what it has been sent. */
  private static final long LINGER = 5;

  /** The same while the whole proxy waits to end. */
  private static final long DRAIN_LINGER = 1;

  private final Session session;
  private Stage stage = Stage.NONE;

  /** Null while nobody but the client would end it. */
  private CloseCause cause;

  /** Closes a client that has been sent all; null before. */
  private Future<?> timer;

  Ending(Session session) {
    this.session = session;
  }

  /** Whether nothing more reaches the client: what fails for it now is nobody's error. */
  boolean isBegun() {
    return stage != Stage.NONE;
  }

  boolean isClosed() {
    return stage == Stage.CLOSED;
  }

  /** Whether all has been sent, and only the client is waited for. */
  boolean isSent() {
    return timer != null;
  }

  /** Why; the first cause brings on others, such as failed writes. */
  CloseCause cause() {
    return cause == null ? CloseCause.CLIENT : cause;
  }

  void now(CloseCause why) {
    causedBy(why);
    session.close();
  }

  void afterFlush(CloseCause why) {
    causedBy(why);
    if (isBegun()) {
      return;
    }
    stage = Stage.LINGERING;
    long seconds = why == CloseCause.DRAINED ? DRAIN_LINGER : LINGER;
    session.dropInput();
    session.replies().close();
    session.output().end(() -> onSent(seconds));
    // To the nodes the client is gone. Not at once: what closes it may be about its connection.
    session.executor().execute(session::unpin);
  }

  private void causedBy(CloseCause why) {
    if (cause == null) {
      cause = why;
    }
  }

  private void onSent(long seconds) {
    if (session.hasInputEnded() || isClosed()) {
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
    stage = Stage.CLOSED;
    if (isSent()) {
      timer.cancel(false);
    }
  }
}
