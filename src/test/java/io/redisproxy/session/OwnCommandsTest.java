package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.redisproxy.command.CommandTable;
import io.redisproxy.resp.Resp;
import io.redisproxy.session.OwnCommands.Action;
import io.redisproxy.session.OwnCommands.Answer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnCommandsTest {
  private final ClientIdentity client = new ClientIdentity(42);

  @Test
  void resetTakesTheNameAwayButNotWhatTheLibrarySaid() {
    client.setName(bytes("me"));
    client.setInfo("lib-name", bytes("jedis"));
    assertReply("RESET", "+RESET\r\n");

    assertThat(toldToNodes()).containsExactly("CLIENT SETINFO lib-name jedis");
  }

  @Test
  void aResetThatRedisRefusesChangesNothing() {
    client.setName(bytes("me"));
    assertThat(answer("RESET now").action()).isEqualTo(Action.FORWARD);

    assertThat(client.name()).asString().isEqualTo("me");
  }

  @ParameterizedTest
  @ValueSource(strings = {"QUIT", "QUIT now"})
  void quitIsAnsweredAndCloses(String quit) {
    Answer answer = answer(quit);
    assertThat(answer.action()).isEqualTo(Action.REPLY_AND_CLOSE);
    assertThat(reply(answer)).isEqualTo("+OK\r\n");
  }

  @Test
  void theDatabaseThatTheSharedConnectionsHaveNeedsNoOther() {
    assertReply("SELECT 0", "+OK\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SELECT", "SELECT 0 1", "HELLO", "HELLO 2", "HELLO x"})
  void whatChangesNothingIsForTheServerToAnswer(String request) {
    assertThat(answer(request)).isEqualTo(new Answer(Action.FORWARD, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 1",
        "SELECT 00",
        "SELECT x",
        "HELLO 3",
        "HELLO 2 AUTH user password",
        "HELLO 3 SETNAME me",
        "AUTH password",
        "CLIENT REPLY OFF",
        "CLIENT TRACKING ON"
      })
  void whatChangesTheStateAtTheNodeNeedsAConnectionOfItsOwn(String request) {
    assertThat(answer(request)).isEqualTo(new Answer(Action.PIN, null));
  }

  private void assertReply(String request, String reply) {
    Answer answer = answer(request);
    assertThat(answer.action()).as(request).isEqualTo(Action.REPLY);
    assertThat(reply(answer)).as(request).isEqualTo(reply);
  }

  private static String reply(Answer answer) {
    String reply = answer.reply().toString(StandardCharsets.UTF_8);
    answer.reply().release();
    return reply;
  }

  private Answer answer(String request) {
    List<String> words = List.of(request.split(" "));
    String name = words.get(0).equals("CLIENT") ? "CLIENT " + words.get(1) : words.get(0);
    return OwnCommands.answer(
        CommandTable.find(name), words.stream().map(OwnCommandsTest::bytes).toList(), client);
  }

  private static byte[] bytes(String word) {
    return word.getBytes(StandardCharsets.ISO_8859_1);
  }

  private List<String> toldToNodes() {
    return client.requests(UnpooledByteBufAllocator.DEFAULT).stream()
        .map(OwnCommandsTest::words)
        .toList();
  }

  private static String words(ByteBuf request) {
    List<String> words =
        Resp.arguments(request).stream().map(w -> new String(w, StandardCharsets.UTF_8)).toList();
    request.release();
    return String.join(" ", words);
  }
}
