package io.redisproxy.discovery;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Where a client of Kubernetes is begun and ended: it is slow, and asks files. */
final class Background {
  /** After so long it is begun again with what could not be begun with. */
  private static final Duration RETRY = Duration.ofSeconds(2);

  private Background() {}

  static void run(String name, Runnable action) {
    Thread thread = new Thread(action, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** The same again and again until it succeeds; {@code onFailure} is told each time it doesn't. */
  static void runUntilDone(String name, Runnable action, Consumer<RuntimeException> onFailure) {
    run(name, () -> attempt(name, action, onFailure));
  }

  private static void attempt(String name, Runnable action, Consumer<RuntimeException> onFailure) {
    try {
      action.run();
    } catch (RuntimeException e) {
      onFailure.accept(e);
      CompletableFuture.delayedExecutor(
              RETRY.toNanos(), TimeUnit.NANOSECONDS, task -> run(name, task))
          .execute(() -> attempt(name, action, onFailure));
    }
  }
}
