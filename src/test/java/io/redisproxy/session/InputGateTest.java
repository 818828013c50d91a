package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InputGateTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final InputGate gate = new InputGate(channel.config());

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
      assertThat(channel.config().isAutoRead()).as("%s", against).isEqualTo(against.isEmpty());
    }
  }

  @Test
  void whatDidNotSpeakAgainstItDoesNotOpenIt() {
    channel.config().setAutoRead(false);
    gate.open(InputGate.Reason.WAITING);

    assertThat(channel.config().isAutoRead()).isFalse();
  }
}
