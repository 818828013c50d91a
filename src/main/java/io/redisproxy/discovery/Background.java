package io.redisproxy.discovery;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Where a client of Kubernetes is begun and ended: it is slow, and asks files. */
final class Background {
  private Background() {}

  static void run(String name, Runnable action) {
    Thread thread = new Thread(action, name);
    thread.setDaemon(true);
    thread.start();
  }

  static void runLater(String name, Duration delay, Runnable action) {
    CompletableFuture.delayedExecutor(
            delay.toNanos(), TimeUnit.NANOSECONDS, task -> run(name, task))
        .execute(action);
  }
}
