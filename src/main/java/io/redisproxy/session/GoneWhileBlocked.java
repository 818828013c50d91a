package io.redisproxy.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeConnection;
import java.util.concurrent.TimeUnit;

/**
 * Closes a client that sends no more once its command waits for others at the node: Redis takes
 * such a one for gone, and what the command took later would be lost. Until then the node may be
 * about to answer. It is asked, as only it knows.
 */
final class GoneWhileBlocked {
  private static final long FIRST_PAUSE_MILLIS = 1;
  private static final long LONGEST_PAUSE_MILLIS = 64;

  private final Session session;
  private final Pin pin;
  private long pause = FIRST_PAUSE_MILLIS;
  private boolean blocked;

  GoneWhileBlocked(Session session, Pin pin) {
    this.session = session;
    this.pin = pin;
  }

  /**
   * Asks until the command has been answered or waits. An answer may be that from before the
   * command came.
   *
   * @see <a href="https://redis.io/docs/latest/commands/client-list/">CLIENT LIST</a>
   */
  void ask() {
    if (isOver()) {
      return;
    }
    NodeConnection shared = pin.target().connection();
    long id = pin.connection().id();
    if (shared == null || !pin.connection().isConnected()) {
      askLater();
    } else if (id < 0) {
      // Its user may not be told.
      session.closeNow(CloseCause.CLIENT);
    } else {
      shared.expect(new OwnReply(session, this::onAnswer, failure -> askLater()));
      shared.send(Resp.request(session.allocator(), "CLIENT", "LIST", "ID", Long.toString(id)));
    }
  }

  /** The client is gone, or its command has been answered. */
  private boolean isOver() {
    return session.serving().pin() != pin || !pin.isBlocked();
  }

  private void onAnswer(ByteBuf answer) {
    if (isOver()) {
      return;
    }
    String line = answer.toString(UTF_8);
    boolean blockedBefore = blocked;
    blocked = isBlocked(line);
    // What the node answered before the command came may be on its way when that is told first.
    if (line.startsWith("-") || (blocked && blockedBefore)) {
      session.closeNow(CloseCause.CLIENT);
    } else {
      askLater();
    }
  }

  private static boolean isBlocked(String line) {
    int flags = line.indexOf(" flags=");
    return flags >= 0 && line.substring(flags + 1, line.indexOf(' ', flags + 1)).indexOf('b') >= 0;
  }

  private void askLater() {
    session.executor().schedule(this::ask, pause, TimeUnit.MILLISECONDS);
    pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
  }
}
