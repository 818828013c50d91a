package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.redisproxy.command.CommandTable;
import io.redisproxy.resp.Resp;
import io.redisproxy.session.OwnCommands.Action;
import io.redisproxy.session.OwnCommands.Answer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnCommandsTest {
  private final ClientIdentity client = new ClientIdentity(42);

  @Test
  void aClientIsToldWhatItSaidOfItself() {
    assertReply("CLIENT ID", ":42\r\n");
    assertReply("CLIENT GETNAME", "$-1\r\n");
    assertReply("CLIENT SETNAME worker-1", "+OK\r\n");
    assertReply("CLIENT GETNAME", "$8\r\nworker-1\r\n");
    assertReply("CLIENT SETNAME ''", "+OK\r\n");
    assertReply("CLIENT GETNAME", "$-1\r\n");
  }

  @Test
  void aNodeIsToldTheSame() {
    assertThat(toldToNodes()).isEmpty();
    assertReply("CLIENT SETNAME me", "+OK\r\n");
    assertReply("CLIENT SETINFO LIB-NAME jedis", "+OK\r\n");
    assertReply("CLIENT SETINFO lib-ver 6", "+OK\r\n");
    assertReply("CLIENT SETINFO lib-ver 7", "+OK\r\n");

    assertThat(toldToNodes())
        .containsExactly(
            "CLIENT SETNAME me", "CLIENT SETINFO lib-name jedis", "CLIENT SETINFO lib-ver 7");
  }

  @Test
  void aNameThatRedisRefusesIsRefusedInItsWordsAndTheOldOneStays() {
    assertReply("CLIENT SETNAME old", "+OK\r\n");
    for (String name : List.of("a b", "a\n", "\u007f", "\u00e9", "\0")) {
      Answer answer = answer(List.of("CLIENT", "SETNAME", name));
      assertThat(reply(answer))
          .isEqualTo(
              "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
    }
    assertReply("CLIENT GETNAME", "$3\r\nold\r\n");
  }

  @Test
  void anAttributeThatRedisRefusesIsRefusedInItsWords() {
    assertReply("CLIENT SETINFO Foo x", "-ERR Unrecognized option 'Foo'\r\n");
    assertThat(reply(answer(List.of("CLIENT", "SETINFO", "LIB-Name", "a b"))))
        .isEqualTo("-ERR LIB-Name cannot contain spaces, newlines or special characters.\r\n");
    assertThat(toldToNodes()).isEmpty();
  }

  @Test
  void resetTakesTheNameAwayButNotWhatTheLibrarySaid() {
    assertReply("CLIENT SETNAME me", "+OK\r\n");
    assertReply("CLIENT SETINFO lib-name jedis", "+OK\r\n");
    assertReply("RESET", "+RESET\r\n");

    assertThat(toldToNodes()).containsExactly("CLIENT SETINFO lib-name jedis");
  }

  @Test
  void aResetThatRedisRefusesChangesNothing() {
    assertReply("CLIENT SETNAME me", "+OK\r\n");
    assertThat(answer("RESET now").action()).isEqualTo(Action.FORWARD);

    assertReply("CLIENT GETNAME", "$2\r\nme\r\n");
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
  @ValueSource(
      strings = {
        "SELECT",
        "SELECT 0 1",
        "CLIENT ID now",
        "CLIENT GETNAME now",
        "CLIENT SETNAME",
        "CLIENT SETNAME a b",
        "CLIENT SETINFO lib-name",
        "CLIENT SETINFO lib-name a b",
        "HELLO",
        "HELLO 2",
        "HELLO x"
      })
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

  /** {@code ''} is an empty argument. */
  private Answer answer(String request) {
    return answer(Arrays.stream(request.split(" ")).map(word -> word.replace("''", "")).toList());
  }

  private Answer answer(List<String> words) {
    String name = words.get(0).equals("CLIENT") ? "CLIENT " + words.get(1) : words.get(0);
    return OwnCommands.answer(
        CommandTable.find(name),
        words.stream().map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toList(),
        client);
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
