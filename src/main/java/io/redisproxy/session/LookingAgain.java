package io.redisproxy.session;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Waits for something that nobody tells, and that is so soon, if at all. */
abstract class LookingAgain extends PausedState {
  private static final long LOOK_AGAIN_MILLIS = 1;

  private ScheduledFuture<?> look;

  LookingAgain(Session session) {
    super(session);
  }

  /** Whether the session may go on; asked no more once it is. */
  abstract boolean isOver();

  @Override
  void onEntered() {
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
