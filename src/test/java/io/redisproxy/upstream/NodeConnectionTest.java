package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.ProxyMeters;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a channel without a network, whose clock stands still unless a test moves it. */
class NodeConnectionTest {
  private static final int TIMEOUT_MILLIS = 1000;

  private static final NodeConnection.Owner NOBODY =
      new NodeConnection.Owner() {
        @Override
        public void onAnswering() {}

        @Override
        public void onFree(NodeConnection connection) {}

        @Override
        public void onClosed(NodeConnection connection, NodeFailure failure) {}
      };

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final NodeConnection connection =
      new NodeConnection(
          new NodeAddress("node", 6379),
          new FlushQueue(channel.eventLoop()),
          new ProxyMeters(new SimpleMeterRegistry()).node("node:6379"),
          Identity.DEFAULT,
          Duration.ofMillis(TIMEOUT_MILLIS),
          NOBODY);
  private final Waiting slow = new Waiting(2);
  private final Waiting behind = new Waiting(1);

  private static final class Waiting extends PendingReplies {
    boolean congested;
    int tooSlow;

    Waiting(int replies) {
      want(replies);
    }

    @Override
    protected void onReplies(ByteBuf bytes) {
      bytes.release();
    }

    @Override
    protected void onLost(NodeFailure failure, boolean insideReply) {}

    @Override
    protected boolean isCongested() {
      return congested;
    }

    @Override
    protected void onHeld(NodeConnection connection) {}

    @Override
    protected void onTooSlow() {
      tooSlow++;
    }

    @Override
    protected Object client() {
      return this;
    }
  }

  @BeforeEach
  void connect() {
    channel.freezeTime();
    channel.pipeline().addLast(connection);
    connection.expect(slow);
    slow.congested = true;
  }

  @Test
  void aSlowClientHasAllItsTimeEachTimeItHoldsUpTheConnection() {
    connection.expect(behind);
    receive("$10\r\n");
    pass(TIMEOUT_MILLIS - 1);
    connection.resume();
    receive("0123456789");
    pass(TIMEOUT_MILLIS - 1);
    assertThat(slow.tooSlow).isZero();
    pass(1);
    assertThat(slow.tooSlow).isEqualTo(1);
  }

  @Test
  void aSlowClientThatNobodyWaitsForHasAllTheTimeInTheWorld() {
    receive("$10\r\n");
    pass(10 * TIMEOUT_MILLIS);
    assertThat(slow.tooSlow).isZero();
    connection.expect(behind);
    pass(TIMEOUT_MILLIS);
    assertThat(slow.tooSlow).isEqualTo(1);
  }

  private void receive(String bytes) {
    channel.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.US_ASCII));
  }

  /** A timer that a timer sets runs in time, too. */
  private void pass(int millis) {
    for (int i = 0; i < millis; i++) {
      channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
      channel.runScheduledPendingTasks();
    }
  }
}
