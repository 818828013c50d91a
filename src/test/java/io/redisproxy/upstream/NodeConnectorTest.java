package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.redisproxy.config.NodeAddress;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeConnectorTest {
  private final Vertx vertx = Vertx.vertx();
  private final Queue<Throwable> unhandled = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> told = new ConcurrentLinkedQueue<>();

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void whoConnectsWhileTheProxyStopsIsToldThatItFailed() {
    vertx.exceptionHandler(unhandled::add);
    Connecting connecting = new Connecting();
    vertx
        .deployVerticle(connecting)
        .compose(vertx::undeploy)
        .toCompletionStage()
        .toCompletableFuture()
        .join();

    connecting.connector.connect(
        new NodeAddress("127.0.0.1", 1), new ChannelInboundHandlerAdapter(), told::add);

    await().until(() -> !told.isEmpty() || !unhandled.isEmpty());
    assertThat(unhandled).isEmpty();
    assertThat(told).hasSize(1);
  }

  private static final class Connecting extends AbstractVerticle {
    volatile NodeConnector connector;

    @Override
    public void start() {
      connector = new NodeConnector(vertx, Duration.ofSeconds(1));
    }
  }
}
