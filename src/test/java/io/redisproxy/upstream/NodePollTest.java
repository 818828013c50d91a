package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.fixture.FakeNode;
import io.redisproxy.fixture.RedisNode;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodePollTest implements NodePoll.Asker {
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private NodePoll poll;

  @AfterEach
  void stop() {
    context.runOnContext(nothing -> poll.close());
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void aReplyIsWholeHoweverManyPiecesItComesIn() {
    try (RedisNode node = RedisNode.start(List.of())) {
      // More than what the first read of a connection takes.
      open(node.port(), "INFO everything");
      for (int i = 1; i <= 3; i++) {
        int count = i;
        ask();
        await().until(() -> heard.size() == count);
        assertThat(heard.get(i - 1)).startsWith("$").contains("# Server", "# Keyspace");
      }
    }
  }

  @Test
  void anErrorIsAReply() throws Exception {
    try (FakeNode node = new FakeNode()) {
      node.greetAndClose("-ERR max number of clients reached\r\n");
      open(node.port(), "PING");
      ask();
      await().until(() -> heard.size() == 2);
      assertThat(heard).containsExactly("-ERR max number of clients reached", "lost");
    }
  }

  @Test
  void aConnectionThatIsLostBetweenQuestionsIsToldAndMadeAnew() throws Exception {
    try (FakeNode node = new FakeNode()) {
      open(node.port(), "PING");
      ask();
      await().until(() -> heard.size() == 1);
      node.closeConnections();
      await().until(() -> heard.size() == 2);
      ask();
      await().until(() -> heard.size() == 3);
      assertThat(heard).containsExactly("+PONG", "lost", "+PONG");
    }
  }

  @Test
  void aNodeThatIsSilentIsAskedOnAnotherConnectionNextTime() {
    try (RedisNode node = RedisNode.start(List.of())) {
      open(node.port(), "PING");
      node.pause();
      ask();
      await().until(() -> heard.size() == 1);
      node.resume();
      ask();
      await().until(() -> heard.size() == 2);
      assertThat(heard).containsExactly("silent", "+PONG");
    }
  }

  @Test
  void aNodeThatCannotBeReachedIsLost() throws Exception {
    int port;
    try (FakeNode node = new FakeNode()) {
      port = node.port();
    }
    open(port, "PING");
    ask();
    await().until(() -> heard.size() == 1);
    assertThat(heard).containsExactly("lost");
  }

  private void open(int port, String question) {
    context.runOnContext(
        nothing ->
            poll =
                new NodePoll(
                    new NodeAddress("127.0.0.1", port),
                    null,
                    new NodeConnector(
                        vertx,
                        new NodeConnector.Options(
                            Duration.ofSeconds(1), Duration.ofSeconds(10), List.of()),
                        new ConnectionLimit(Integer.MAX_VALUE)),
                    Duration.ofMillis(500),
                    question,
                    this));
  }

  private void ask() {
    context.runOnContext(nothing -> poll.ask());
  }

  @Override
  public void onReply(ByteBuf in, int from, int end) {
    heard.add(in.toString(from, end - from, StandardCharsets.US_ASCII).strip());
  }

  @Override
  public void onLost(Throwable cause) {
    heard.add("lost");
  }

  @Override
  public void onSilence() {
    heard.add("silent");
  }
}
