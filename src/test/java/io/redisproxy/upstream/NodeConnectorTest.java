package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.redisproxy.config.NodeAddress;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeConnectorTest {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
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

  /** A firewall may forget a connection, and say so to nobody. */
  @Test
  void bytesThatNobodyAcknowledgesEndTheConnection() throws Exception {
    assumeTrue(Epoll.isAvailable());
    Connecting connecting = new Connecting();
    vertx.deployVerticle(connecting).toCompletionStage().toCompletableFuture().join();
    CompletableFuture<Integer> timeout = new CompletableFuture<>();
    try (ServerSocket node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      connecting.connector.connect(
          new NodeAddress("127.0.0.1", node.getLocalPort()),
          new ChannelInboundHandlerAdapter() {
            @Override
            public void handlerAdded(ChannelHandlerContext ctx) {
              timeout.complete(
                  ctx.channel().config().getOption(EpollChannelOption.TCP_USER_TIMEOUT));
            }
          },
          told::add);

      assertThat(timeout).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(10_000);
    }
  }

  /**
   * A server takes a connection with TCP's third acknowledgement. Linux may keep that back for 200
   * ms, for data to go with it; where the server dies meanwhile, the connection seems to be up.
   */
  @Test
  void nodesTakeAConnectionThoughNothingIsSentOverIt() throws Exception {
    Connecting connecting = new Connecting();
    vertx.deployVerticle(connecting).toCompletionStage().toCompletableFuture().join();
    List<Duration> taken = new ArrayList<>();
    try (ServerSocket node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 5; i++) {
        CompletableFuture<Long> connected = new CompletableFuture<>();
        connecting.connector.connect(
            new NodeAddress("127.0.0.1", node.getLocalPort()),
            new ChannelInboundHandlerAdapter() {
              @Override
              public void handlerAdded(ChannelHandlerContext ctx) {
                connected.complete(System.nanoTime());
              }
            },
            told::add);
        node.accept().close();
        long now = System.nanoTime();
        taken.add(Duration.ofNanos(now - connected.get(10, TimeUnit.SECONDS)));
      }
    }
    assertThat(Collections.min(taken)).isLessThan(Duration.ofMillis(30));
  }

  private static final class Connecting extends AbstractVerticle {
    volatile NodeConnector connector;

    @Override
    public void start() {
      connector =
          new NodeConnector(
              vertx,
              new NodeConnector.Options(Duration.ofSeconds(1), Duration.ofSeconds(10), List.of()),
              new ConnectionLimit(Integer.MAX_VALUE));
    }
  }
}
