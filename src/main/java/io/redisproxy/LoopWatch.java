package io.redisproxy;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Notices event loops that do not turn any more. It counts its own looks rather than the time, so
 * that a machine that is paused, or has no time for anybody, is no reason.
 */
final class LoopWatch implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** Without a turn in between; no work of an event loop takes nearly as long. */
  private static final int LOOKS = 30;

  private final List<Watched> loops;
  private final Duration interval;
  private final int looks;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("loop-watch", true));

  private static final class Watched {
    private final LongSupplier ticks;
    private long seen;
    private volatile int looksSince;

    Watched(LongSupplier ticks) {
      this.ticks = ticks;
      seen = ticks.getAsLong();
    }

    void look() {
      long now = ticks.getAsLong();
      looksSince = now == seen ? looksSince + 1 : 0;
      seen = now;
    }
  }

  /**
   * {@code ticks}: what each event loop counts up while it turns, more often than once a second.
   */
  LoopWatch(List<LongSupplier> ticks) {
    this(ticks, INTERVAL, LOOKS);
  }

  LoopWatch(List<LongSupplier> ticks, Duration interval, int looks) {
    loops = ticks.stream().map(Watched::new).toList();
    this.interval = interval;
    this.looks = looks;
  }

  void start() {
    // Not at a fixed rate, by which the looks that a pause held up would come all at once.
    timer.scheduleWithFixedDelay(
        () -> loops.forEach(Watched::look),
        interval.toMillis(),
        interval.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  /** The indices of those that have not turned for a long time. */
  List<Integer> stuck() {
    return IntStream.range(0, loops.size())
        .filter(loop -> loops.get(loop).looksSince >= looks)
        .boxed()
        .toList();
  }

  @Override
  public void close() {
    timer.shutdown();
  }
}
