package io.redisproxy;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/** The event loops that carry the traffic. For threads that may wait until all have done it. */
final class EventLoops {
  private final Vertx vertx;
  private final List<ProxyVerticle> all = new ArrayList<>();
  private String deployment;
  private volatile LoopWatch watch;

  EventLoops(Vertx vertx) {
    this.vertx = vertx;
  }

  /** {@code made}: makes the one of an index. */
  void start(int count, IntFunction<ProxyVerticle> made) {
    for (int i = 0; i < count; i++) {
      all.add(made.apply(i));
    }
    List<ProxyVerticle> next = new ArrayList<>(all);
    deployment =
        await(
            vertx.deployVerticle(
                () -> next.remove(0), new DeploymentOptions().setInstances(count)));
    watch = new LoopWatch(all.stream().<LongSupplier>map(loop -> loop::ticks).toList());
    watch.start();
  }

  /** See {@link LoopWatch#stuck}. */
  List<Integer> stuck() {
    return watch == null ? List.of() : watch.stuck();
  }

  /** Returns when each has done it, or one could not. */
  void each(Function<ProxyVerticle, Future<Void>> action) {
    await(Future.join(all.stream().map(action).toList()));
  }

  void stop() {
    if (deployment != null) {
      watch.close();
      await(vertx.undeploy(deployment));
      deployment = null;
      all.clear();
    }
  }

  /** What went wrong for a reason that the user can remove is thrown as such. */
  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StartException start ? start : e;
    }
  }
}
