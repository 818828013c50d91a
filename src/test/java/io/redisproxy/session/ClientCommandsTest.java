package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.redisproxy.command.CommandTable;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.session.OwnCommands.Action;
import io.redisproxy.session.OwnCommands.Answer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientCommandsTest {
  private final ClientRegistry registry = new ClientRegistry();
  private final ListenerClients clients = registry.of("6380");
  private final FakeClient first = new FakeClient(clients);
  private final FakeClient me = new FakeClient(clients);
  private final FakeClient last = new FakeClient(clients);

  @Test
  void aClientIsToldWhatItSaidOfItself() {
    assertReply("CLIENT ID", ":2\r\n");
    assertReply("CLIENT GETNAME", "$-1\r\n");
    assertReply("CLIENT SETNAME worker-1", "+OK\r\n");
    assertReply("CLIENT GETNAME", "$8\r\nworker-1\r\n");
    assertReply("CLIENT SETNAME ''", "+OK\r\n");
    me.protocol = 3;
    assertReply("CLIENT GETNAME", "_\r\n");
  }

  @Test
  void whatAClientSaysOfItselfIsShown() {
    assertReply("CLIENT SETNAME me", "+OK\r\n");
    assertReply("CLIENT SETINFO lib-ver 6", "+OK\r\n");
    assertReply("CLIENT SETINFO LIB-NAME jedis", "+OK\r\n");
    assertReply("CLIENT SETINFO lib-ver 7", "+OK\r\n");

    assertThat(said()).isEqualTo("me lib-name=jedis lib-ver=7");
  }

  @Test
  void aNameThatRedisRefusesIsRefusedInItsWordsAndTheOldOneStays() {
    assertReply("CLIENT SETNAME old", "+OK\r\n");
    for (String name : List.of("a b", "a\n", "\u007f", "\u00e9", "\0")) {
      assertThat(reply(answer(List.of("CLIENT", "SETNAME", name))))
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
    assertThat(said()).endsWith("lib-name= lib-ver=");
  }

  @Test
  void theListShowsAllClientsInTheOrderTheyCame() {
    assertThat(ids("CLIENT LIST")).isEqualTo("1 2 3");
    assertThat(ids("CLIENT INFO")).isEqualTo("2");
  }

  @Test
  void theListShowsOnlyWhatItIsAskedFor() {
    last.flags.add(ClientFlag.PUBSUB);
    assertThat(ids("CLIENT LIST TYPE pubsub")).isEqualTo("3");
    assertThat(ids("CLIENT LIST type NORMAL")).isEqualTo("1 2");
    assertThat(ids("CLIENT LIST TYPE slave")).isEmpty();
    assertThat(ids("CLIENT LIST ID 3 1 77 3")).isEqualTo("3 1 3");
  }

  @Test
  void whoIsGoneIsNoClientThoughItHasNotClosed() {
    last.gone = true;
    assertThat(ids("CLIENT LIST")).isEqualTo("1 2");
    assertReply("CLIENT KILL ID 3", ":0\r\n");
    assertThat(last.closed).isNull();
    assertThat(registry.open()).contains(last);
  }

  @Test
  void theListIsAVerbatimStringForWhoKnowsThose() {
    me.protocol = 3;
    assertThat(reply(answer("CLIENT INFO"))).startsWith("=").contains("\r\ntxt:id=2 ");
  }

  @Test
  void killingByAddressSaysWhetherThereWasOne() {
    assertReply("CLIENT KILL 127.0.0.1:50003", "+OK\r\n");
    assertThat(last.closed).isEqualTo(CloseCause.KILLED);
    assertThat(ids("CLIENT LIST")).isEqualTo("1 2");
    assertReply("CLIENT KILL 127.0.0.1:50003", "-ERR No such client\r\n");
    assertReply("CLIENT KILL 127.0.0.1", "-ERR No such client\r\n");
  }

  @Test
  void killingByAddressMayEndTheOneThatAsks() {
    Answer answer = answer("CLIENT KILL 127.0.0.1:50002");
    assertThat(answer.action()).isEqualTo(Action.REPLY_AND_CLOSE);
    assertThat(reply(answer)).isEqualTo("+OK\r\n");
    assertThat(me.closed).as("the reply goes first").isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ID 3",
        "id 3 skipme no",
        "ADDR [::1]:7",
        "LADDR 10.0.0.1:6381",
        "TYPE pubsub",
        "USER bob",
        "MAXAGE 100",
        "IDLE 50",
        "NAME worker",
        "LIB-NAME jedis",
        "LIB-VER 7.1.0",
        "DB 4",
        "IP ::1",
        "FLAGS Pe",
        "NOT-ID 1 2",
        "NOT-ID 1 NOT-ID 2",
        "not-type normal",
        "NOT-ADDR 127.0.0.1:50001",
        "NOT-LADDR 127.0.0.1:6380",
        "NOT-IP 127.0.0.1",
        "NOT-USER default",
        "NOT-DB 3",
        "NOT-FLAGS N",
        "ID 3 NOT-NAME other",
        "ID 3 NOT-LIB-NAME other",
        "ID 3 NOT-LIB-VER other",
        "ID 3 NOT-CAPA r",
        "NAME other NAME worker",
        "ID 3 ADDR [::1]:7 LADDR 10.0.0.1:6381 TYPE pubsub USER bob MAXAGE 99"
      })
  void eachFilterFindsTheClientItMeans(String filter) {
    makeLastDifferent();
    assertReply("CLIENT KILL " + filter, ":1\r\n");
    assertThat(last.closed).isEqualTo(CloseCause.KILLED);
    assertThat(ids("CLIENT LIST")).isEqualTo("1 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ADDR 127.0.0.1:50001",
        "LADDR x",
        "TYPE normal",
        "USER default",
        "MAXAGE 101",
        "IDLE 51",
        "NAME other",
        "LIB-NAME Jedis",
        "LIB-VER 7",
        "DB 3",
        "IP [::1]",
        "FLAGS PM",
        "FLAGS N",
        "CAPA r",
        "NOT-ID 3",
        "NOT-TYPE pubsub",
        "NOT-ADDR [::1]:7",
        "NOT-LADDR 10.0.0.1:6381",
        "NOT-IP ::1",
        "NOT-USER bob",
        "NOT-NAME worker",
        "NOT-LIB-NAME jedis",
        "NOT-LIB-VER 7.1.0",
        "NOT-DB 4",
        "NOT-FLAGS P"
      })
  void filtersMustAllAgree(String filter) {
    makeLastDifferent();
    assertReply("CLIENT KILL ID 3 " + filter, ":0\r\n");
    assertThat(last.closed).isNull();
  }

  private void makeLastDifferent() {
    last.address = "[::1]:7";
    last.localAddress = "10.0.0.1:6381";
    last.flags.add(ClientFlag.PUBSUB);
    last.flags.add(ClientFlag.NO_EVICT);
    last.user = "bob";
    last.age = 100;
    last.idle = 50;
    last.database = 4;
    last.identity.setName("worker".getBytes(StandardCharsets.US_ASCII));
    last.identity.setInfo("lib-name", "jedis".getBytes(StandardCharsets.US_ASCII));
    last.identity.setInfo("lib-ver", "7.1.0".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void theOneThatAsksIsSkippedUnlessItWantsOtherwise() {
    assertReply("CLIENT KILL ID 2", ":0\r\n");
    assertReply("CLIENT KILL SKIPME yes", ":2\r\n");
    assertThat(List.of(first.closed, last.closed)).containsOnly(CloseCause.KILLED);
    Answer answer = answer("CLIENT KILL SKIPME no");
    assertThat(answer.action()).isEqualTo(Action.REPLY_AND_CLOSE);
    assertThat(reply(answer)).isEqualTo(":1\r\n");
    assertThat(clients.all()).isEmpty();
  }

  @Test
  void anAgeIsAPositiveNumber() {
    assertReply("CLIENT KILL ID 1 MAXAGE x", "-ERR maxage is not an integer or out of range\r\n");
    assertReply("CLIENT KILL ID 1 MAXAGE 0", "-ERR maxage should be greater than 0\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CLIENT ID now",
        "CLIENT GETNAME now",
        "CLIENT SETNAME",
        "CLIENT SETNAME a b",
        "CLIENT SETINFO lib-name",
        "CLIENT SETINFO lib-name a b",
        "CLIENT NO-EVICT",
        "CLIENT INFO now",
        "CLIENT KILL"
      })
  void aWrongNumberOfArgumentsIsForTheServerToAnswer(String request) {
    assertThat(answer(request)).isEqualTo(Answer.FORWARD);
  }

  private void assertReply(String request, String reply) {
    Answer answer = answer(request);
    assertThat(answer.action()).as(request).isEqualTo(Action.REPLY);
    assertThat(reply(answer)).as(request).isEqualTo(reply);
  }

  private String ids(String request) {
    return String.join(
        " ",
        reply(answer(request))
            .lines()
            .filter(line -> line.startsWith("id="))
            .map(line -> line.substring(3, line.indexOf(' ')))
            .toList());
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
    return ClientCommands.answer(
        CommandTable.find("CLIENT " + words.get(1)),
        words.stream().map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toList(),
        me,
        clients,
        UnpooledByteBufAllocator.DEFAULT);
  }

  /** What CLIENT LIST shows of what the client has said of itself. */
  private String said() {
    String line = reply(answer("CLIENT INFO"));
    String name = line.substring(line.indexOf(" name=") + 6, line.indexOf(" age="));
    return name + " " + line.substring(line.indexOf("lib-name=")).strip();
  }
}
