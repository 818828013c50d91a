package io.redisproxy.session;

import io.netty.util.concurrent.ScheduledFuture;
import io.redisproxy.command.Command;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Subscriptions that clients of a listener have asked for and the master has not confirmed, on all
 * event loops. A message that is sent after one must not come before it, as it would at a server:
 * the subscription may have to wait for a connection of its own, the message need not.
 */
public final class PendingSubscriptions {
  /** So long one is waited for: it may never come about. */
  private static final long LONGEST_MILLIS = 200;

  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();

  /** One of them; for the event loop of its client. */
  final class Pending {
    private final ScheduledFuture<?> end;
    private boolean over;

    private Pending(Session session) {
      begun.incrementAndGet();
      end = session.executor().schedule(this::end, LONGEST_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** It has been confirmed, or refused, or its client is gone. */
    void end() {
      if (!over) {
        over = true;
        end.cancel(false);
        ended.incrementAndGet();
      }
    }
  }

  /** Whether the command sends a message. */
  static boolean concern(Command command) {
    return command == Command.PUBLISH || command == Command.SPUBLISH;
  }

  /** One more, until it is {@linkplain Pending#end ended}. */
  Pending begin(Session session) {
    return new Pending(session);
  }

  /** How many there have been so far. */
  long begun() {
    return begun.get();
  }

  /** Whether so many have ended; nearly always the first ones. */
  boolean haveEnded(long count) {
    return ended.get() - count >= 0;
  }
}
