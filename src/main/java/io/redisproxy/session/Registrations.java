package io.redisproxy.session;

import io.netty.util.concurrent.ScheduledFuture;
import io.redisproxy.command.Command;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Requests of a listener's clients, on all event loops, for what others send from then on, which
 * have not come into effect yet. They may have to wait for a connection of their own; what others
 * send need not, and must not come before them, as it would not at a server.
 */
public final class Registrations {

  /** By what they are for. */
  enum Kind {
    /** Subscriptions that the master has not confirmed. */
    MESSAGES,
    /** XREAD with BLOCK, which may be from the last entry on, that has not been sent. */
    ENTRIES
  }

  /** So long one counts, and is waited for: it may never come into effect. */
  static final Duration LONGEST = Duration.ofMillis(200);

  private final Map<Kind, Count> counts = new EnumMap<>(Kind.class);

  private static final class Count {
    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();
  }

  /** One of them; for the event loop of its client. */
  static final class Pending {
    private final Count count;
    private final ScheduledFuture<?> end;
    private boolean over;

    private Pending(Count count, Session session) {
      this.count = count;
      end = session.executor().schedule(this::end, LONGEST.toMillis(), TimeUnit.MILLISECONDS);
      count.begun.incrementAndGet();
    }

    /** It has come into effect, or never will. */
    void end() {
      if (!over) {
        over = true;
        end.cancel(false);
        count.ended.incrementAndGet();
      }
    }
  }

  public Registrations() {
    for (Kind kind : Kind.values()) {
      counts.put(kind, new Count());
    }
  }

  /** Those that must come before the command; null for nearly all. */
  static Kind before(Command command) {
    return switch (command) {
      case PUBLISH, SPUBLISH -> Kind.MESSAGES;
      case XADD -> Kind.ENTRIES;
      default -> null;
    };
  }

  /** One more, until it is {@linkplain Pending#end ended}. */
  Pending begin(Kind kind, Session session) {
    return new Pending(counts.get(kind), session);
  }

  /** How many there have been so far. */
  long begun(Kind kind) {
    return counts.get(kind).begun.get();
  }

  /** Whether so many have ended; nearly always the first ones. */
  boolean haveEnded(Kind kind, long count) {
    return counts.get(kind).ended.get() - count >= 0;
  }
}
