package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redisproxy.metrics.ProxyMeters;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopWatchTest {
  private final Vertx vertx = Vertx.vertx();
  private final CountDownLatch blocked = new CountDownLatch(1);

  @AfterEach
  void stop() {
    blocked.countDown();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void anEventLoopThatIsBlockedIsToldUntilItTurnsAgain() {
    List<Turning> loops = List.of(new Turning(0), new Turning(1));
    List<Turning> next = new ArrayList<>(loops);
    EventLoops.await(
        vertx.deployVerticle(() -> next.remove(0), new DeploymentOptions().setInstances(2)));
    try (LoopWatch watch =
        new LoopWatch(
            loops.stream().<LongSupplier>map(loop -> loop.clock::ticks).toList(),
            Duration.ofMillis(50),
            20)) {
      watch.start();
      assertThat(watch.stuck()).isEmpty();

      loops.get(1).block();
      await().untilAsserted(() -> assertThat(watch.stuck()).containsExactly(1));

      blocked.countDown();
      await().untilAsserted(() -> assertThat(watch.stuck()).isEmpty());
    }
  }

  @Test
  void fewLooksAreNoReason() {
    AtomicLong looks = new AtomicLong();
    try (LoopWatch watch =
        new LoopWatch(
            // It turns once in twelve looks.
            List.of(() -> looks.incrementAndGet() / 12), Duration.ofMillis(1), 13)) {
      watch.start();
      await()
          .until(
              () -> {
                assertThat(watch.stuck()).isEmpty();
                return looks.get() > 200;
              });
    }
  }

  private final class Turning extends AbstractVerticle {
    private final LoopClock clock;

    Turning(int index) {
      clock = new LoopClock(new ProxyMeters(new SimpleMeterRegistry()).eventLoop(index), () -> {});
    }

    @Override
    public void start() {
      clock.start(vertx);
    }

    void block() {
      context.runOnContext(
          nothing -> {
            try {
              blocked.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
    }
  }
}
