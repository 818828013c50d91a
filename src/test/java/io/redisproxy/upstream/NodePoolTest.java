package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.metrics.ProxyMeters;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that want connections of their own, of which there may be two. */
class NodePoolTest {
  private static final int MOST_PINNED = 2;
  private static final int MOST_CONNECTIONS = 3;

  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final ConnectionLimit limit = new ConnectionLimit(MOST_CONNECTIONS);
  @AutoClose private final RedisGroup group = RedisGroup.start(0);
  private NodePool pool;

  private static final class Client implements PinnedConnection.Holder {
    volatile PinnedConnection connection;
    volatile NodeFailure failure;

    @Override
    public void onPinned(PinnedConnection given) {
      connection = given;
    }

    @Override
    public void onPush(ByteBuf bytes) {
      bytes.release();
    }

    @Override
    public boolean takesMore(PinnedConnection from) {
      return true;
    }

    @Override
    public void onLost(NodeFailure why) {
      failure = why;
    }

    boolean isServed() {
      return failure == null && connection != null && connection.isConnected();
    }
  }

  @BeforeEach
  void start() {
    run(
        () -> {
          NodeConnector connector =
              new NodeConnector(
                  vertx,
                  new NodeConnector.Options(
                      Duration.ofSeconds(1), Duration.ofSeconds(10), List.of()),
                  limit);
          pool =
              new NodePool(
                  new NodeAddress("127.0.0.1", group.master().port()),
                  null,
                  connector,
                  new FlushQueue(((ContextInternal) context).nettyEventLoop()),
                  new ProxyMeters(new SimpleMeterRegistry()).node("node"),
                  new NodePool.Options(
                      Duration.ofMillis(10),
                      Duration.ofMillis(10),
                      Duration.ofSeconds(1),
                      MOST_PINNED,
                      Duration.ofMinutes(1)));
        });
  }

  @AfterEach
  void stop() {
    run(pool::close);
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void whoWaitsGoesOnWaitingWhileThereIsNoFileDescriptorToSpare() {
    Client first = served(Identity.DEFAULT);
    Client second = served(Identity.DEFAULT);
    List<Client> waiting = Stream.generate(() -> pinned(Identity.DEFAULT)).limit(3).toList();
    EmbeddedChannel others = new EmbeddedChannel();
    for (int i = 0; i < MOST_CONNECTIONS; i++) {
      limit.onOpened(others);
    }
    // No other one can be made in its place.
    run(() -> first.connection.release(false));
    run(() -> second.connection.release(true));
    await().until(() -> waiting.get(0).isServed());
    assertThat(waiting).allSatisfy(client -> assertThat(client.failure).isNull());

    others.close();
    await().until(() -> waiting.get(1).isServed());
    run(() -> waiting.get(0).connection.release(true));
    await().until(() -> waiting.get(2).isServed());
  }

  @Test
  void whatIsClosedForOneWhoWaitsIsNotThereForAnotherOne() {
    Client first = served(Identity.DEFAULT);
    served(Identity.DEFAULT);
    Identity other = Identity.DEFAULT.withDatabase(1);
    List<Client> waiting = Stream.generate(() -> pinned(other)).limit(2).toList();
    run(() -> first.connection.release(true));
    await().until(() -> waiting.get(0).isServed());
    assertThat(waiting.get(1).connection).isNull();

    run(() -> waiting.get(0).connection.release(true));
    await().until(() -> waiting.get(1).isServed());
  }

  private Client served(Identity identity) {
    Client client = pinned(identity);
    await().until(client::isServed);
    return client;
  }

  private Client pinned(Identity identity) {
    Client client = new Client();
    run(() -> pool.pin(identity, client));
    return client;
  }

  /** On the event loop. */
  private void run(Runnable action) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    context.runOnContext(
        nothing -> {
          try {
            action.run();
            done.complete(null);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    done.join();
  }
}
