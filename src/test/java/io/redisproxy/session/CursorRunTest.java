package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.redisproxy.command.CommandRules;
import io.redisproxy.config.Resilience;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.upstream.Answers;
import io.redisproxy.upstream.ConnectionLimit;
import io.redisproxy.upstream.FlushQueue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cursor in a reply is marked, however the reply is cut into pieces. */
class CursorRunTest {
  private static final ProxyMeters METERS = new ProxyMeters(new SimpleMeterRegistry());
  private static final Target REPLICA = NoNodes.target(1, METERS);
  private static final long TAG = 33;

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<ByteBuf> given = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({
    "*2|$1|0|*1|$1|k|, *2|$1|0|*1|$1|k|",
    "*2|$2|17|*2|$1|k|$0||, *2|$13|2267742732305|*2|$1|k|$0||",
    "*2|$11|68719476735|*0|, *2|$13|2336462209023|*0|",
    "*2|$11|68719476736|*1|$1|k|, -ERR redis-proxy: cursor 68719476736 of the node is too large|",
    "*2|$20|18446744073709551615|*0|,"
        + " -ERR redis-proxy: cursor 18446744073709551615 of the node is too large|",
    "-WRONGTYPE Operation against a key|, -WRONGTYPE Operation against a key|",
    "-E|, -E|",
    "*2|$2|17|~1|$1|k|, *2|$13|2267742732305|~1|$1|k|"
  })
  void aReplyInTwoOrAllPiecesIsMarkedTheSame(String reply, String expected) {
    String bytes = reply.replace("|", "\r\n");
    for (int first = 1; first <= bytes.length(); first++) {
      List<String> two = new ArrayList<>(List.of(bytes.substring(0, first)));
      if (first < bytes.length()) {
        two.add(bytes.substring(first));
      }
      assertThat(answered(two)).as("cut at " + first).isEqualTo(expected.replace("|", "\r\n"));
    }
    assertThat(answered(bytes.chars().mapToObj(Character::toString).toList()))
        .isEqualTo(expected.replace("|", "\r\n"));
    assertThat(given).allMatch(each -> each.refCnt() == 0);
  }

  @Test
  void aReplyThatIsLostBeforeItsCursorIsWholeIsAnError() {
    Session session = session();
    CursorRun run = run(session);
    Answers.give(run, 0, track("*2\r\n$2\r\n1"));
    Answers.lose(run, true);
    assertThat(output()).startsWith("-ERR redis-proxy: node node:6379: connection lost");
    assertThat(channel.isOpen()).isTrue();
    assertThat(given).allMatch(each -> each.refCnt() == 0);
  }

  private String answered(List<String> pieces) {
    Session session = session();
    CursorRun run = run(session);
    for (int i = 0; i < pieces.size(); i++) {
      Answers.give(run, i == pieces.size() - 1 ? 1 : 0, track(pieces.get(i)));
    }
    String output = output();
    assertThat(session.replies().isEmpty()).isTrue();
    channel.pipeline().remove(SessionHandler.class);
    return output;
  }

  private static CursorRun run(Session session) {
    CursorRun run = new CursorRun(session, REPLICA, TAG, false);
    run.add(true);
    run.seal();
    session.replies().add(run);
    return run;
  }

  private Session session() {
    SessionHandler handler =
        new SessionHandler(
            new SessionContext(
                NoNodes.backend(METERS),
                new Terms(new CommandRules(Map.of(), Set.of()), Optional.empty(), null),
                new FlushQueue(channel.eventLoop()),
                METERS.listener("6380"),
                1_000_000,
                1_000_000,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                1000,
                ReadTurnsTest.turns(Long.MAX_VALUE),
                new ConnectionLimit(Integer.MAX_VALUE),
                new ClientRegistry().of("6380"),
                new Registrations(),
                new Recovery(Resilience.DEFAULT, METERS.listener("6380").recovery(), null, 1, 1),
                new Insight(Duration.ofDays(365), 10, null).of("6380", 0)));
    channel.pipeline().addLast(handler);
    return handler.session();
  }

  private String output() {
    StringBuilder output = new StringBuilder();
    channel.runPendingTasks();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      output.append(out.toString(StandardCharsets.US_ASCII));
      out.release();
    }
    return output.toString();
  }

  private ByteBuf track(String text) {
    ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    given.add(bytes);
    return bytes;
  }
}
