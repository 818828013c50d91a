package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InputGateTest {
  private static final long LIMIT = 10_000;

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final RecordingTaker taker = new RecordingTaker();
  private final InputGate gate =
      new InputGate(taker, channel, LIMIT, ReadTurnsTest.turns(Long.MAX_VALUE));

  @Test
  void theClientIsReadFromWhileNothingSpeaksAgainstIt() {
    Random random = new Random(4);
    Set<InputGate.Reason> against = EnumSet.noneOf(InputGate.Reason.class);
    InputGate.Reason[] reasons = InputGate.Reason.values();
    for (int i = 0; i < 1000; i++) {
      InputGate.Reason reason = reasons[random.nextInt(reasons.length)];
      if (random.nextBoolean()) {
        against.add(reason);
        gate.close(reason);
      } else {
        against.remove(reason);
        gate.open(reason);
      }
      assertThat(channel.config().isAutoRead())
          .as("%s", against)
          .isEqualTo(
              against.isEmpty()
                  || against.contains(InputGate.Reason.CLIENT_FULL)
                  || against.contains(InputGate.Reason.BLOCKED));
    }
  }

  @Test
  void whatDidNotSpeakAgainstItDoesNotOpenIt() {
    channel.config().setAutoRead(false);
    gate.open(InputGate.Reason.WAITING);

    assertThat(channel.config().isAutoRead()).isFalse();
  }

  @Test
  void whatComesWhileTheClientIsFullWaitsUpToTheLimit() {
    assertThat(gate.holdsBack(bytes("at once"))).isFalse();
    gate.close(InputGate.Reason.CLIENT_FULL);
    assertThat(gate.holdsBack(bytes("a".repeat(9_000)))).isTrue();
    assertThat(channel.config().isAutoRead()).isTrue();
    assertThat(gate.holdsBack(bytes("b".repeat(5_000)))).isTrue();
    assertThat(channel.config().isAutoRead()).isFalse();
    channel.runPendingTasks();
    assertThat(taker.taken).isEmpty();

    gate.open(InputGate.Reason.CLIENT_FULL);
    assertThat(taker.taken).as("what came before is not done yet").isEmpty();
    channel.runPendingTasks();
    assertThat(taker.taken).hasToString("a".repeat(9_000) + "b".repeat(5_000));
    assertThat(taker.caughtUp).isEqualTo(1);
    assertThat(channel.config().isAutoRead()).isTrue();
    assertThat(gate.isHolding()).isFalse();
  }

  @Test
  void theNextPortionGoesWhenTheOneBeforeIsDone() {
    gate.close(InputGate.Reason.CLIENT_FULL);
    gate.holdsBack(bytes("a".repeat(5_000)));
    gate.holdsBack(bytes("b".repeat(5_000)));
    taker.busyAfter = true;
    gate.open(InputGate.Reason.CLIENT_FULL);
    channel.runPendingTasks();
    assertThat(taker.taken).hasToString("a".repeat(5_000));
    assertThat(gate.holdsBack(bytes("behind"))).isTrue();
    channel.runPendingTasks();
    assertThat(channel.config().isAutoRead()).isFalse();

    taker.busyAfter = false;
    taker.busy = false;
    gate.goOnLater();
    channel.runPendingTasks();
    assertThat(taker.taken).hasToString("a".repeat(5_000) + "b".repeat(5_000) + "behind");
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void littleWaitsWhenMemoryIsScarce() {
    InputGate scarce = new InputGate(taker, channel, 1_000_000, ReadTurnsTest.turns(0));
    scarce.close(InputGate.Reason.CLIENT_FULL);
    assertThat(scarce.holdsBack(bytes("a".repeat(60_000)))).isTrue();
    assertThat(channel.config().isAutoRead()).isTrue();
    assertThat(scarce.holdsBack(bytes("b".repeat(60_000)))).isTrue();
    assertThat(channel.config().isAutoRead()).isFalse();
    scarce.release();
  }

  @Test
  void notMuchIsReadThatIsForNobody() {
    gate.close(InputGate.Reason.CLIENT_FULL);
    gate.holdsBack(bytes("a".repeat(11_000)));
    gate.drop();
    assertThat(gate.isHolding()).isFalse();
    assertThat(channel.config().isAutoRead()).isTrue();
    String portion = "b".repeat(10_000);
    for (long read = 0; read < InputGate.MOST_DROPPED; read += portion.length()) {
      assertThat(channel.config().isAutoRead()).isTrue();
      assertThat(gate.holdsBack(bytes(portion))).isTrue();
    }
    assertThat(channel.config().isAutoRead()).isFalse();
    gate.open(InputGate.Reason.CLIENT_FULL);
    assertThat(channel.config().isAutoRead()).isFalse();
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private static final class RecordingTaker implements InputGate.Taker {
    final StringBuilder taken = new StringBuilder();
    int caughtUp;
    boolean busy;
    boolean busyAfter;

    @Override
    public boolean isIdle() {
      return !busy;
    }

    @Override
    public boolean isUnfinished() {
      return busy;
    }

    @Override
    public boolean isMidRequest() {
      return isUnfinished();
    }

    @Override
    public void take(ByteBuf in) {
      taken.append(in.toString(StandardCharsets.US_ASCII));
      in.release();
      busy = busyAfter;
    }

    @Override
    public void onNotRead() {}

    @Override
    public void onCaughtUp() {
      caughtUp++;
    }
  }
}
