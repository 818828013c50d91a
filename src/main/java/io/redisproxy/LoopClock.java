package io.redisproxy;

import io.redisproxy.metrics.LoopMeters;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Looks at an event loop from inside, a few times a second: how late it is, and what can be known
 * of its connections without counting each request.
 */
final class LoopClock {
  private static final long INTERVAL_MS = 100;

  private final LoopMeters meters;
  private final Runnable onTick;
  private final AtomicLong ticks = new AtomicLong();
  private long expected;

  /** {@code onTick}: done on the event loop each time. */
  LoopClock(LoopMeters meters, Runnable onTick) {
    this.meters = meters;
    this.onTick = onTick;
  }

  /** Begins, on the event loop at hand, and goes on as long as its verticle is deployed. */
  void start(Vertx vertx) {
    expected = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(INTERVAL_MS);
    vertx.setPeriodic(INTERVAL_MS, timer -> tick());
  }

  /** How often it has looked; any thread may ask. */
  long ticks() {
    return ticks.get();
  }

  private void tick() {
    ticks.incrementAndGet();
    long now = System.nanoTime();
    meters.delayed(now - expected);
    // From here, since a periodic timer makes up for what it missed.
    expected = now + TimeUnit.MILLISECONDS.toNanos(INTERVAL_MS);
    onTick.run();
  }
}
