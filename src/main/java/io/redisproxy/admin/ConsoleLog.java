package io.redisproxy.admin;

import io.quarkus.bootstrap.logging.InitialConfigurator;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.handlers.AsyncHandler;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * Has a thread of its own write the console's log, so that a pipe that nobody reads holds up no
 * event loop; what there is no room for is lost then.
 *
 * <p>Quarkus would do so when told to, but loses the last lines when the process ends, among them
 * why it could not start, and waits forever for the pipe then. So it is done from when the proxy
 * has started until it stops.
 */
@Singleton
final class ConsoleLog {
  /** How many lines may wait. */
  private static final int ROOM = 1024;

  private static final long LAST_LINES_MS = TimeUnit.SECONDS.toMillis(1);

  private final ExtHandler all = InitialConfigurator.DELAYED_HANDLER;
  private Handler console;
  private AsyncHandler queue;
  private Thread writer;

  void onStart(@Observes @Priority(Interceptor.Priority.PLATFORM_AFTER) StartupEvent event) {
    if (LaunchMode.current() == LaunchMode.NORMAL) {
      for (Handler handler : all.getHandlers()) {
        if (handler instanceof ConsoleHandler) {
          begin(handler);
        }
      }
    }
  }

  private void begin(Handler handler) {
    console = handler;
    queue = new AsyncHandler(ROOM, this::newWriter);
    queue.setOverflowAction(AsyncHandler.OverflowAction.DISCARD);
    queue.setCloseChildren(false);
    // What the filter leaves out takes no room.
    queue.setFilter(console.getFilter());
    console.setFilter(null);
    queue.addHandler(console);
    replace(console, queue);
  }

  private Thread newWriter(Runnable lines) {
    writer = new Thread(lines, "console-log");
    return writer;
  }

  /** From here on lines are written by who has them, unless nobody takes them. */
  void onStop(@Observes @Priority(Interceptor.Priority.PLATFORM_AFTER) ShutdownEvent event)
      throws InterruptedException {
    if (queue == null) {
      return;
    }
    queue.close();
    writer.join(LAST_LINES_MS);
    if (!writer.isAlive()) {
      console.setFilter(queue.getFilter());
      replace(queue, console);
    }
  }

  private void replace(Handler before, Handler after) {
    all.setHandlers(
        Arrays.stream(all.getHandlers())
            .map(handler -> handler == before ? after : handler)
            .toArray(Handler[]::new));
  }
}
