package io.redisproxy.session;

import io.redisproxy.command.Command;
import java.util.concurrent.TimeUnit;

/**
 * Gives a session a connection of its own that other clients' invalidations can be sent to, and
 * that it keeps. What the session does just now may have to end first.
 */
final class Receiving {
  private static final long LOOK_AGAIN_MILLIS = 1;
  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Session session;
  private final Runnable told;
  private final long until = System.nanoTime() + LONGEST_NANOS;

  /** {@code told}: what is done when there is one, or can't be. */
  Receiving(Session session, Runnable told) {
    this.session = session;
    this.told = told;
  }

  void begin() {
    Serving serving = session.serving();
    Pin pin = serving.pin();
    if (pin != null) {
      pin.receive();
    } else if (session.isAtRest()) {
      session.become(
          Draining.before(new Pinning(session, serving, Command.CLIENT_TRACKING), session));
    }
    // One that has come just now is kept from the next time on.
    boolean done = serving.pin() == pin && session.idAtNode() >= 0;
    if (done || session.isClosed() || until - System.nanoTime() < 0) {
      told.run();
    } else {
      session.executor().schedule(this::begin, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
