package io.redisproxy.admin;

import io.quarkus.logging.LoggingFilter;
import io.quarkus.runtime.util.ExceptionUtil;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;

/**
 * Lets no message come in thousands, such as that a connection is lost when a node that has many of
 * them dies: after some of the same, one a second has to do, and tells how many were left out. Of
 * the same are those from one place in the code, whatever they say of whom. Nor are there pages of
 * stack traces when an API server isn't there, as the client's libraries would have it.
 */
@LoggingFilter(name = LogStorms.NAME)
public final class LogStorms implements Filter {
  static final String NAME = "storms";

  /** So many at once are no storm. */
  static final int BURST = 20;

  /** The places that log are known: more than this there are not. */
  private static final int MOST_PLACES = 1000;

  /** Those of Kubernetes' client and of what is built on it. */
  private static final List<String> KUBERNETES = List.of("io.fabric8.", "io.javaoperatorsdk.");

  private record Place(String logger, String message) {}

  private static final class Storm {
    private int room = BURST;
    private long refilledAt;
    private long leftOut;

    /** Negative if the message is left out; else how many were before it. */
    synchronized long onMessage(long now) {
      long seconds = TimeUnit.NANOSECONDS.toSeconds(now - refilledAt);
      if (seconds > 0) {
        room = (int) Math.min(BURST, room + seconds);
        refilledAt = now;
      }
      if (room == 0) {
        leftOut++;
        return -1;
      }
      room--;
      long before = leftOut;
      leftOut = 0;
      return before;
    }
  }

  private final Map<Place, Storm> storms = new ConcurrentHashMap<>();

  /** Another one in tests; Quarkus wants a class with one constructor. */
  LongSupplier clock = System::nanoTime;

  @Override
  public boolean isLoggable(LogRecord message) {
    if (storms.size() >= MOST_PLACES) {
      storms.clear();
    }
    Place place = new Place(message.getLoggerName(), message.getMessage());
    long leftOut = storms.computeIfAbsent(place, first -> new Storm()).onMessage(clock.getAsLong());
    if (leftOut < 0) {
      return false;
    }
    shorten(message);
    if (leftOut > 0) {
      note(message, leftOut);
    }
    return true;
  }

  private static void shorten(LogRecord message) {
    if (message.getThrown() == null
        || message.getLoggerName() == null
        || KUBERNETES.stream().noneMatch(message.getLoggerName()::startsWith)) {
      return;
    }
    Throwable cause = ExceptionUtil.getRootCause(message.getThrown());
    if (cause instanceof IOException || cause instanceof TimeoutException) {
      message.setThrown(null);
      if (message instanceof ExtLogRecord record) {
        record.setMessage(
            record.getFormattedMessage() + ": " + cause, ExtLogRecord.FormatStyle.NO_FORMAT);
      }
    }
  }

  private static void note(LogRecord message, long leftOut) {
    String text = message.getMessage() + " (and " + leftOut + " more like this before)";
    if (message instanceof ExtLogRecord record) {
      record.setMessage(text, record.getFormatStyle());
    } else {
      message.setMessage(text);
    }
  }
}
