package io.redisproxy.session;

import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waits for something that nobody tells, and that is so soon, if at all. */
abstract class LookingAgain extends PausedState {
  private static final long LOOK_AGAIN_MILLIS = 1;

  private final Duration longest;
  private long until;
  private ScheduledFuture<?> look;

  /** {@code longest}: until it {@link #isTimeUp}. */
  LookingAgain(Session session, Duration longest) {
    super(session);
    this.longest = longest;
  }

  /** Whether the session may go on; asked no more once it is. */
  abstract boolean isOver();

  /** Whether it has been waited for so long. */
  final boolean isTimeUp() {
    return until - System.nanoTime() < 0;
  }

  @Override
  void onEntered() {
    until = System.nanoTime() + longest.toNanos();
    if (isOver()) {
      session.toServing();
    } else {
      pause();
      lookLater();
    }
  }

  private void lookLater() {
    look = session.executor().schedule(this::look, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    if (isOver()) {
      serve();
    } else {
      lookLater();
    }
  }

  @Override
  void onClosed() {
    super.onClosed();
    if (look != null) {
      look.cancel(false);
    }
  }
}
