package io.redisproxy.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisproxy.config.NodeAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SentinelViewTest {
  private static final NodeAddress SENTINEL = new NodeAddress("sentinel", 26379);

  private final List<String> answers =
      new ArrayList<>(
          List.of(
              array("10.0.0.1", "6379"),
              array("name", "mymaster", "ip", "10.0.0.1", "port", "6379", "config-epoch", "7"),
              "*2\r\n"
                  + array("ip", "10.0.0.2", "port", "6379", "flags", "slave")
                  + array("ip", "10.0.0.3", "port", "6379", "flags", "s_down,slave"),
              "*1\r\n" + array("ip", "10.0.0.9", "port", "26379", "runid", "other", "flags", ""),
              "$2\r\nme"));

  @Test
  void theAnswersOfASentinelAreRead() {
    SentinelView view = SentinelView.read(SENTINEL, answers);

    assertThat(view.id()).isEqualTo("me");
    assertThat(view.master()).isEqualTo(new NodeAddress("10.0.0.1", 6379));
    assertThat(view.epoch()).isEqualTo(7);
    assertThat(view.replicas())
        .containsExactly(new NodeAddress("10.0.0.2", 6379), new NodeAddress("10.0.0.3", 6379));
    assertThat(view.others()).containsEntry("other", new NodeAddress("10.0.0.9", 26379));
  }

  @Test
  void whoeverLeadsAFailoverHasTheFormerMasterAsAReplica() {
    answers.set(0, array("10.0.0.2", "6379"));

    SentinelView view = SentinelView.read(SENTINEL, answers);

    assertThat(view.master()).isEqualTo(new NodeAddress("10.0.0.2", 6379));
    assertThat(view.replicas())
        .containsExactly(new NodeAddress("10.0.0.3", 6379), new NodeAddress("10.0.0.1", 6379));
  }

  @Test
  void whoeverHasBegunAFailoverIsHeardBeforeItAnswersSo() {
    SentinelView before = SentinelView.read(SENTINEL, answers);
    SentinelPromotion promotion =
        SentinelPromotion.read(
                "slave 10.0.0.3:6379 10.0.0.3 6379 @ mymaster 10.0.0.1 6379", before.epoch() + 1)
            .orElseThrow();

    SentinelView view = promotion.in(before);
    assertThat(view.master()).isEqualTo(new NodeAddress("10.0.0.3", 6379));
    assertThat(view.epoch()).isEqualTo(8);
    assertThat(view.replicas())
        .containsExactly(new NodeAddress("10.0.0.2", 6379), new NodeAddress("10.0.0.1", 6379));
    assertThat(promotion.in(view)).isEqualTo(view);
    assertThat(SentinelPromotion.read("slave a b c @ mymaster", 1)).isEmpty();
  }

  @Test
  void anOldSentinelIsKnownByItsAddress() {
    answers.set(4, "-ERR Unknown sentinel subcommand 'myid'");

    assertThat(SentinelView.read(SENTINEL, answers).id()).isEqualTo("sentinel:26379");
  }

  @Test
  void aSentinelWithoutTheServiceSaysSo() {
    answers.set(0, "*-1");
    answers.set(1, "-ERR No such master with that name");

    assertThatThrownBy(() -> SentinelView.read(SENTINEL, answers))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("it knows no service of that name");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-ERR unknown command",
        "$5\r\nhello",
        "*2\r\n$1\r\na",
        "*2\r\n$1\r\na\r\n$1\r\nb",
        "*1\r\n$1\r\na",
        "x"
      })
  void answersOfSomethingElseAreRefused(String answer) {
    for (int i = 0; i < answers.size() - 1; i++) {
      List<String> wrong = new ArrayList<>(answers);
      wrong.set(i, answer);

      assertThatThrownBy(() -> SentinelView.read(SENTINEL, wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("it answered ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"*0", "$-1"})
  void whoHasNoNameIsRefused(String id) {
    answers.set(4, id);

    assertThatThrownBy(() -> SentinelView.read(SENTINEL, answers))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("it answered ");
  }

  private static String array(String... texts) {
    StringBuilder out = new StringBuilder("*" + texts.length + "\r\n");
    for (String text : texts) {
      out.append('$').append(text.length()).append("\r\n").append(text).append("\r\n");
    }
    return out.toString();
  }
}
