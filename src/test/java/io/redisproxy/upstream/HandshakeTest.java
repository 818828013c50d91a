package io.redisproxy.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {
  private static final Identity IN_DATABASE_3 =
      Identity.DEFAULT.withDatabase(3).thenLogin(new Login("foo", "wrong"));

  @Test
  void aPasswordIsSentWhenAllBeforeItIsAnswered() {
    Handshake handshake = new Handshake(IN_DATABASE_3, true);
    assertThat(sent(handshake)).containsExactly("SELECT", "3");
    assertThat(handshake.hasMore()).isFalse();
    handshake.read(bytes("+O"));
    assertThat(handshake.hasMore()).isFalse();
    handshake.read(bytes("K\r\n"));
    assertThat(handshake.hasMore()).isTrue();
    assertThat(sent(handshake))
        .containsExactly("AUTH", "foo", "wrong", "SELECT", "3", "CLIENT", "ID");
    assertThat(handshake.hasMore()).isFalse();
    handshake.read(bytes("-WRONGPASS\r\n+OK\r\n:1\r\n"));
    assertThat(handshake.isDone()).isTrue();
    assertThat(handshake.hasMore()).isFalse();
    assertThat(handshake.refusal()).isEqualTo("WRONGPASS");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ERR max number of clients reached",
        "DENIED Redis is running in protected mode because protected mode is enabled"
      })
  void aServerThatTakesNoConnectionRefuses(String error) {
    Handshake handshake = new Handshake(Identity.DEFAULT, true);
    sent(handshake);
    handshake.read(bytes("-" + error + "\r\n"));
    assertThat(handshake.refusal()).isEqualTo(error);
  }

  /** It says so once, and closes. */
  @Test
  void aServerThatIsFullIsAskedForNothingMore() {
    Handshake handshake = new Handshake(IN_DATABASE_3, true);
    sent(handshake);
    handshake.read(bytes("-ERR max number of clients reached\r\n"));
    assertThat(handshake.isDone()).isTrue();
    assertThat(handshake.hasMore()).isFalse();
    assertThat(handshake.refusal()).isEqualTo("ERR max number of clients reached");
  }

  /** Who may not ask for its number is let in without. */
  @Test
  void aNumberNeedNotBeTold() {
    Handshake handshake = new Handshake(Identity.DEFAULT, true);
    sent(handshake);
    handshake.read(bytes("-NOPERM this user has no permissions\r\n"));
    assertThat(handshake.refusal()).isNull();
    assertThat(handshake.id()).isEqualTo(-1);
  }

  @Test
  void itBeginsAgainWithTheFirst() {
    Handshake handshake = new Handshake(IN_DATABASE_3, false);
    sent(handshake);
    handshake.read(bytes("-BUSY\r\n"));
    sent(handshake);
    handshake.begin();
    assertThat(sent(handshake)).containsExactly("SELECT", "3");
  }

  @Test
  void aPasswordThatComesFirstIsSentWithTheRest() {
    Identity identity = Identity.DEFAULT.withLogin(new Login("foo", "right")).withDatabase(3);
    Handshake handshake = new Handshake(identity, true);
    assertThat(sent(handshake))
        .containsExactly("AUTH", "foo", "right", "SELECT", "3", "CLIENT", "ID");
    assertThat(handshake.hasMore()).isFalse();
  }

  @Test
  void aPasswordThatIsNeededNoMoreIsAMistakeUnlessItWasAgreedTo() {
    Identity identity = Identity.DEFAULT.thenLogin(new Login(null, "secret"));
    for (boolean agreed : new boolean[] {true, false}) {
      Handshake handshake = new Handshake(identity, false, agreed);
      sent(handshake);
      handshake.read(
          bytes(
              "-ERR AUTH <password> called without any password configured for the default user."
                  + " Are you sure your configuration is correct?\r\n"));
      assertThat(handshake.refusal() == null).isEqualTo(agreed);
    }
  }

  /** The words of what is sent next. */
  private static String[] sent(Handshake handshake) {
    ByteBuf requests = handshake.requests(UnpooledByteBufAllocator.DEFAULT);
    String text = requests.toString(US_ASCII);
    requests.release();
    return text.lines().filter(line -> !line.matches("[*$]\\d+")).toArray(String[]::new);
  }

  private static ByteBuf bytes(String replies) {
    return Unpooled.copiedBuffer(replies, US_ASCII);
  }
}
