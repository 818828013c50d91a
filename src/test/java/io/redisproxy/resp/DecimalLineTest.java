package io.redisproxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalLineTest {

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        -1,
        9,
        10,
        -10,
        100,
        Integer.MAX_VALUE,
        Long.MAX_VALUE,
        Long.MAX_VALUE - 1,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1,
        922337203685477579L,
        922337203685477580L
      })
  void aNumberIsReadAtAnySplit(long value) {
    assertReads(value);
  }

  @Test
  void randomNumbersAreRead() {
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      assertReads(random.nextLong() >> random.nextInt(Long.SIZE));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "+",
        "+1",
        "-0",
        "00",
        "01",
        "-01",
        " 1",
        "1 ",
        "--1",
        "1-1",
        "0-",
        "a",
        "1a",
        "9223372036854775808",
        "-9223372036854775809",
        "9223372036854775810",
        "10000000000000000000",
        "-10000000000000000000",
        "-92233720368547758080",
        "-92233720368547758081",
        "18446744073709551616",
        "18446744073709551617",
        "-18446744073709551617"
      })
  void whatIsNoNumberToRedisIsNone(String text) {
    for (int cut = 0; cut <= text.length(); cut++) {
      assertThat(read(text, cut).isValid()).as("%s cut at %d", text, cut).isFalse();
    }
  }

  @Test
  void itIsDoneBehindTheByteAfterTheCarriageReturn() {
    DecimalLine line = new DecimalLine();
    line.reset();
    assertThat(line.read(buffer("12"), 0, 2)).isEqualTo(2);
    assertThat(line.read(buffer("3\r"), 0, 2)).isEqualTo(2);
    assertThat(line.isDone()).isFalse();
    assertThat(line.read(buffer("\n7\r\n"), 0, 4)).isEqualTo(1);
    assertThat(line.isDone()).isTrue();
    assertThat(line.value()).isEqualTo(123);
  }

  @Test
  void aQuestionMarkIsNoNumberAndIsToldOnlyWhenItIsAlone() {
    assertThat(read("?", 0).isQuestionMark()).isTrue();
    assertThat(read("?", 1).isQuestionMark()).isTrue();
    assertThat(read("?", 0).isValid()).isFalse();
    for (String text : new String[] {"", "1", "1?", "?1", "??", "-?", "x"}) {
      assertThat(read(text, 0).isQuestionMark()).as(text).isFalse();
    }
  }

  @Test
  void afterAResetNothingOfTheLastNumberIsLeft() {
    DecimalLine line = new DecimalLine();
    for (String text : new String[] {"-12", "x", "?", "7"}) {
      line.reset();
      line.read(buffer(text + "\r\n"), 0, text.length() + 2);
    }
    assertThat(line.isValid()).isTrue();
    assertThat(line.isQuestionMark()).isFalse();
    assertThat(line.value()).isEqualTo(7);
  }

  private static void assertReads(long value) {
    String text = Long.toString(value);
    for (int cut = 0; cut <= text.length(); cut++) {
      DecimalLine line = read(text, cut);
      assertThat(line.isDone()).isTrue();
      assertThat(line.isValid()).as("%s cut at %d", text, cut).isTrue();
      assertThat(line.value()).isEqualTo(value);
    }
  }

  private static DecimalLine read(String text, int cut) {
    DecimalLine line = new DecimalLine();
    line.reset();
    line.read(buffer(text), 0, cut);
    line.read(buffer(text + "\r\n"), cut, text.length() + 2);
    return line;
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.wrappedBuffer(Decoding.bytes(text));
  }
}
