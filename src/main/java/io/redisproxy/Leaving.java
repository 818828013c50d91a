package io.redisproxy;

import io.redisproxy.session.ClientDrain;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;

/** The clients of a listener that is not wanted any more, as they are let go in the background. */
final class Leaving {
  private static final Logger LOG = Logger.getLogger(Leaving.class);

  private final Served served;
  private final ClientDrain drain;
  private final Duration timeout;
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  /** {@code timeout}: how long they have to come to an end. */
  Leaving(Served served, ClientDrain drain, Duration timeout) {
    this.served = served;
    this.drain = drain;
    this.timeout = timeout;
  }

  Served served() {
    return served;
  }

  /** {@code then}: what is to be done when nobody is left. */
  void begin(Runnable then) {
    Thread thread = new Thread(() -> run(then), "leaving-" + served.port());
    thread.setDaemon(true);
    thread.start();
  }

  /** Cuts off who is left; returns when all of it is done. */
  void finish() {
    drain.hurry();
    done.join();
  }

  private void run(Runnable then) {
    try {
      int cutOff = drain.run(timeout);
      if (cutOff > 0) {
        LOG.warnf("listener %d: %d former clients were cut off", served.port(), cutOff);
      }
      then.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      done.complete(null);
    }
  }
}
