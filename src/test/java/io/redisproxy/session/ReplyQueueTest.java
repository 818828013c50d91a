package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.redisproxy.command.CommandRules;
import io.redisproxy.config.Resilience;
import io.redisproxy.metrics.ListenerMeters;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.upstream.Answers;
import io.redisproxy.upstream.ConnectionLimit;
import io.redisproxy.upstream.FlushQueue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** In a session on a channel without a network, so that what is counted is what a client gets. */
class ReplyQueueTest {
  private static final int RUNS = 3;
  private static final int MASTER_RUN = 1;
  private static final int OUTPUT_LIMIT = 4 * Run.EARLY_OVERHEAD + 100;

  private static final ProxyMeters METERS = new ProxyMeters(new SimpleMeterRegistry());
  private static final ListenerMeters LISTENER_METERS = METERS.listener("6380");
  private static final Target REPLICA = NoNodes.target(1, METERS);
  private static final Target MASTER = NoNodes.target(0, METERS);

  /** What the second piece of a run is; the first is a part of a reply, or a reply. */
  private enum Ending {
    REST_OF_REPLY,
    SECOND_REPLY,
    CUT_OFF,
    LOST
  }

  /** Three runs of which each is answered in two pieces, with the proxy's own replies between. */
  private static final class Scene {
    final EmbeddedChannel channel = new EmbeddedChannel();
    final SessionHandler handler =
        new SessionHandler(
            new SessionContext(
                NoNodes.backend(METERS),
                new Terms(new CommandRules(Map.of(), Set.of()), Optional.empty(), null),
                new FlushQueue(channel.eventLoop()),
                LISTENER_METERS,
                OUTPUT_LIMIT,
                OUTPUT_LIMIT,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                1000,
                ReadTurnsTest.turns(Long.MAX_VALUE),
                new ConnectionLimit(Integer.MAX_VALUE),
                new ClientRegistry().of("6380"),
                new Registrations(),
                new Recovery(Resilience.DEFAULT, METERS.listener("6380").recovery(), null, 1, 1),
                new Insight(Duration.ofDays(365), 10, null).of("6380", 0)));
    final Session session = handler.session();
    final ReplyQueue replies = session.replies();
    final CountingState state = new CountingState();
    final Ending[] endings;
    final List<Run> runs = new ArrayList<>();
    final List<ByteBuf> given = new ArrayList<>();
    final int[] pieces = new int[RUNS];
    final StringBuilder output = new StringBuilder();

    Scene(Ending... endings) {
      this.endings = endings;
      channel.pipeline().addLast(handler);
      session.become(state);
      for (int i = 0; i < RUNS; i++) {
        Run run = new Run(session, i == MASTER_RUN ? MASTER : REPLICA, 0);
        for (int requests = wanted(i); requests > 0; requests--) {
          run.add(i != MASTER_RUN);
        }
        run.seal();
        runs.add(run);
        replies.add(run);
        replies.addOwn(session, track(own(i)));
      }
    }

    int wanted(int run) {
      return endings[run] == Ending.SECOND_REPLY || endings[run] == Ending.LOST ? 2 : 1;
    }

    /** The next piece of a run comes. */
    void step(int i) {
      Run run = runs.get(i);
      if (pieces[i]++ == 0) {
        Answers.give(run, wanted(i) - 1, track(first(i)));
      } else {
        switch (endings[i]) {
          case REST_OF_REPLY, SECOND_REPLY -> Answers.give(run, 1, track(second(i)));
          case CUT_OFF -> Answers.lose(run, true);
          case LOST -> Answers.lose(run, false);
        }
      }
      readOutput();
    }

    void readOutput() {
      channel.runPendingTasks();
      for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
        output.append(out.toString(StandardCharsets.US_ASCII));
        out.release();
      }
    }

    void assertInOrder(String scene) {
      StringBuilder expected = new StringBuilder();
      boolean complete = true;
      boolean open = true;
      boolean masterDone = false;
      int waiting = 0;
      for (int i = 0; i < RUNS; i++) {
        String come = pieces[i] == 0 ? "" : pieces[i] == 1 ? first(i) : first(i) + second(i);
        if (complete) {
          expected.append(come);
          open = pieces[i] < 2 || endings[i] != Ending.CUT_OFF;
          complete = pieces[i] == 2 && open;
          expected.append(complete ? own(i) : "");
          waiting += complete ? 0 : kept(own(i).length());
          masterDone |= complete && i == MASTER_RUN;
        } else {
          waiting += kept(come.length()) + kept(own(i).length());
        }
        if (!open) {
          break;
        }
      }
      assertThat(output).as(scene).hasToString(expected.toString());
      assertThat(channel.isOpen()).as(scene).isEqualTo(open);
      if (open) {
        assertThat(replies.early()).as(scene).isEqualTo(waiting);
        assertThat(session.output().isCongested(runs.get(2)))
            .as(scene)
            .isEqualTo(waiting > OUTPUT_LIMIT);
        assertThat(replies.isEmpty()).as(scene).isEqualTo(complete);
        assertThat(replies.awaitsMaster()).as(scene).isEqualTo(!masterDone);
        assertThat(replies.awaitsWrites()).as(scene).isEqualTo(!masterDone);
        assertThat(state.allReplied).as(scene).isEqualTo(complete ? 1 : 0);
      } else {
        assertThat(replies.early()).as(scene).isZero();
        assertThat(state.allReplied).as(scene).isZero();
      }
    }

    void assertNothingLeaks(String scene) {
      channel.close();
      readOutput();
      assertThat(given).as(scene).allMatch(bytes -> bytes.refCnt() == 0);
      assertThat(replies.early()).as(scene).isZero();
    }

    String first(int i) {
      return "first" + i + " ";
    }

    String second(int i) {
      return switch (endings[i]) {
        case REST_OF_REPLY, SECOND_REPLY -> "second" + i + " ";
        case CUT_OFF -> "";
        case LOST ->
            "-ERR redis-proxy: node node:6379: connection lost"
                + (i == MASTER_RUN ? "; the command may have been executed\r\n" : "\r\n");
      };
    }

    static String own(int i) {
      return "own" + i + " ";
    }

    ByteBuf track(String text) {
      ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
      given.add(bytes);
      return bytes;
    }
  }

  private static final class CountingState extends SessionState {
    int allReplied;

    @Override
    String word() {
      return "counting";
    }

    @Override
    void onBytes(ByteBuf in) {
      in.release();
    }

    @Override
    void onAllReplied() {
      allReplied++;
    }

    @Override
    void onEndOfInput() {}
  }

  @Test
  void repliesLeaveInOrderInWhateverOrderTheyComeAndHoweverTheirRunsEnd() {
    int scenes = 0;
    for (Ending first : Ending.values()) {
      for (Ending second : Ending.values()) {
        for (Ending third : Ending.values()) {
          for (int[] order : interleavings()) {
            String name = List.of(first, second, third) + Arrays.toString(order);
            Scene scene = new Scene(first, second, third);
            scene.assertInOrder(name);
            for (int run : order) {
              scene.step(run);
              scene.assertInOrder(name);
            }
            scene.assertNothingLeaks(name);
            scenes++;
          }
        }
      }
    }
    assertThat(scenes).isEqualTo(64 * 90);
  }

  @Test
  void whenTheClientGoesAllThatWaitsAndAllThatStillComesIsReleased() {
    for (int[] order : interleavings()) {
      for (int goneAt = 0; goneAt <= order.length; goneAt++) {
        String name = Arrays.toString(order) + " gone at " + goneAt;
        Scene scene = new Scene(Ending.REST_OF_REPLY, Ending.LOST, Ending.CUT_OFF);
        for (int i = 0; i < goneAt; i++) {
          scene.step(order[i]);
        }
        scene.channel.close();
        scene.readOutput();
        String before = scene.output.toString();
        for (int i = goneAt; i < order.length; i++) {
          scene.step(order[i]);
        }
        assertThat(scene.output).as(name).hasToString(before);
        assertThat(scene.session.output().isCongested(scene.runs.get(2))).as(name).isFalse();
        scene.assertNothingLeaks(name);
      }
    }
  }

  @Test
  void anOwnReplyWithNothingBeforeItLeavesAtOnce() {
    Scene scene = new Scene(Ending.REST_OF_REPLY, Ending.REST_OF_REPLY, Ending.REST_OF_REPLY);
    for (int run : new int[] {0, 0, 1, 1, 2, 2}) {
      scene.step(run);
    }
    scene.output.setLength(0);
    scene.replies.addOwn(scene.session, scene.track("own"));
    scene.readOutput();

    assertThat(scene.output).hasToString("own");
    assertThat(scene.replies.isEmpty()).isTrue();
    scene.assertNothingLeaks("own");
  }

  @Test
  void allRequestsOfALostRunGetAnError() {
    Scene scene = new Scene(Ending.LOST, Ending.LOST, Ending.LOST);
    Answers.lose(scene.runs.get(0), false);
    scene.readOutput();

    assertThat(scene.output).hasToString(scene.second(0).repeat(2) + Scene.own(0));
    assertThat(scene.runs.get(0).isFailed()).isTrue();
    assertThat(scene.runs.get(1).isFailed()).isFalse();
    scene.assertNothingLeaks("lost");
  }

  @Test
  void aRunThatIsGivenUpInsideAReplyCutsTheClientOff() {
    Scene scene = new Scene(Ending.REST_OF_REPLY, Ending.REST_OF_REPLY, Ending.REST_OF_REPLY);
    scene.step(1);
    scene.step(0);
    scene.runs.get(0).giveUp();
    scene.step(0);

    assertThat(scene.output).hasToString(scene.first(0));
    assertThat(scene.channel.isOpen()).isFalse();
    scene.assertNothingLeaks("given up");
  }

  @Test
  void bytesThatWaitForTheirTurnCountAsWaitingForTheClient() {
    Scene scene = new Scene(Ending.REST_OF_REPLY, Ending.REST_OF_REPLY, Ending.REST_OF_REPLY);
    int own = 3 * kept(Scene.own(0).length());
    Answers.give(scene.runs.get(2), 0, scene.track("x".repeat(OUTPUT_LIMIT - own - kept(1) + 1)));
    assertThat(scene.session.output().isCongested(scene.runs.get(2))).isFalse();
    Answers.give(scene.runs.get(2), 1, scene.track("x"));
    assertThat(scene.session.output().isCongested(scene.runs.get(2))).isTrue();

    scene.step(0);
    scene.step(0);
    scene.step(1);
    assertThat(scene.session.output().isCongested(scene.runs.get(2))).isFalse();
    scene.step(1);
    assertThat(scene.output.toString()).endsWith("x".repeat(10) + Scene.own(2));
    scene.assertNothingLeaks("congested");
  }

  /** What so many bytes of a run count for while they wait. */
  private static int kept(int bytes) {
    return bytes == 0 ? 0 : bytes + Run.EARLY_OVERHEAD;
  }

  /** All orders in which two pieces of each run can come: 6! / (2! 2! 2!) = 90. */
  private static List<int[]> interleavings() {
    List<int[]> all = new ArrayList<>();
    interleave(all, new int[2 * RUNS], 0, new int[RUNS]);
    return all;
  }

  private static void interleave(List<int[]> all, int[] order, int length, int[] used) {
    if (length == order.length) {
      all.add(order.clone());
      return;
    }
    for (int run = 0; run < RUNS; run++) {
      if (used[run] < 2) {
        used[run]++;
        order[length] = run;
        interleave(all, order, length + 1, used);
        used[run]--;
      }
    }
  }
}
