package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.resp.ReplyScanner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a channel without a network, whose clock stands still unless a test moves it. */
class NodeConnectionTest {
  private static final int TIMEOUT_MILLIS = 1000;

  private static final NodeConnection.Owner NOBODY =
      new NodeConnection.Owner() {
        @Override
        public void onReady() {}

        @Override
        public void onAnswering() {}

        @Override
        public void onFree(NodeConnection connection) {}

        @Override
        public void onClosed(NodeConnection connection, NodeFailure failure) {}
      };

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final NodeConnection connection = connectionOn(channel);
  private final Waiting slow = new Waiting(2);
  private final Waiting behind = new Waiting(1);

  private static class Waiting extends PendingReplies {
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

  /** Keeps what it is given, and what of that was told apart. */
  private static final class Recording extends Waiting {
    final StringBuilder all = new StringBuilder();
    final List<String> apart = new ArrayList<>();
    private final boolean nils;

    Recording(int replies, boolean nils) {
      super(replies);
      this.nils = nils;
    }

    @Override
    protected boolean wantsNilsApart() {
      return nils;
    }

    @Override
    protected void onReplyApart(ByteBuf bytes) {
      apart.add(bytes.toString(StandardCharsets.US_ASCII));
      onReplies(bytes);
    }

    @Override
    protected void onReplies(ByteBuf bytes) {
      all.append(bytes.toString(StandardCharsets.US_ASCII));
      super.onReplies(bytes);
    }
  }

  private static NodeConnection connectionOn(EmbeddedChannel channel) {
    return new NodeConnection(
        new NodeAddress("node", 6379),
        new FlushQueue(channel.eventLoop()),
        new ProxyMeters(new SimpleMeterRegistry()).node("node:6379"),
        new Handshake(Identity.DEFAULT, false),
        Duration.ofMillis(TIMEOUT_MILLIS),
        NOBODY);
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

  @Test
  void nilsAreToldApartWholeWhereverTheyAreCut() {
    List<String> plain = List.of("+OK\r\n", "$5\r\nhello\r\n", "$0\r\n\r\n", "*0\r\n", ":1\r\n");
    List<String> told = List.of("$-1\r\n", "*-1\r\n", "_\r\n", "-ERR wrong\r\n");
    String nested = "*3\r\n$-1\r\n*-1\r\n_\r\n";
    String all = "";
    for (String each : plain) {
      all += each + told.get(0) + nested + told.get(1) + each + told.get(2) + told.get(3);
    }
    List<String> expected =
        Collections.nCopies(plain.size(), told).stream().flatMap(List::stream).toList();
    for (int first = 0; first <= all.length(); first++) {
      for (int second = first; second <= Math.min(first + 9, all.length()); second++) {
        Recording recording = received(true, all, first, second);
        assertThat(recording.all).asString().as("cut at %d and %d", first, second).isEqualTo(all);
        // One whose first byte came alone may be nil, or not.
        assertThat(recording.apart)
            .as("cut at %d and %d", first, second)
            .filteredOn(each -> !plain.contains(each) && !nested.equals(each))
            .isEqualTo(expected);
        assertThat(recording.wanted()).isZero();
      }
    }
    assertThat(received(true, all, 0, 0).apart).isEqualTo(expected);
    assertThat(received(false, all, 0, 0).apart).containsOnly(told.get(3));
  }

  @Test
  void aLongReplyWhoseFirstByteCameAloneIsPassedOnAsItComes() {
    String all = "+OK\r\n$100000\r\n" + "x".repeat(100_000) + "\r\n$-1\r\n";
    for (int second : new int[] {7, 8, 100, 5_000, 50_000, 100_010}) {
      Recording recording = received(true, all, 6, second);
      assertThat(recording.all).asString().isEqualTo(all);
      assertThat(recording.apart).contains("$-1\r\n");
    }
  }

  /** What is told of bytes that come in three pieces. */
  private static Recording received(boolean nils, String all, int first, int second) {
    EmbeddedChannel other = new EmbeddedChannel();
    NodeConnection node = connectionOn(other);
    other.pipeline().addLast(node);
    Recording recording = new Recording(Math.max(1, replies(all)), nils);
    node.expect(recording);
    for (String piece :
        List.of(all.substring(0, first), all.substring(first, second), all.substring(second))) {
      if (!piece.isEmpty()) {
        other.writeInbound(Unpooled.copiedBuffer(piece, StandardCharsets.US_ASCII));
      }
    }
    return recording;
  }

  private static int replies(String all) {
    ReplyScanner scanner = new ReplyScanner();
    scanner.scan(Unpooled.copiedBuffer(all, StandardCharsets.US_ASCII), 0, Integer.MAX_VALUE);
    return scanner.completed();
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
