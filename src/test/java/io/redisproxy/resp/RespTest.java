package io.redisproxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RespTest {

  @Test
  void repliesAreWrittenAsRedisWritesThem() {
    assertThat(text(Resp.simple("OK"))).isEqualTo("+OK\r\n");
    assertThat(text(Resp.error("ERR no"))).isEqualTo("-ERR no\r\n");
    assertThat(text(Resp.integer(Long.MIN_VALUE))).isEqualTo(":-9223372036854775808\r\n");
    assertThat(text(Resp.bulk(new byte[] {'a', '\r', '\n'}, 2))).isEqualTo("$3\r\na\r\n\r\n");
    assertThat(text(Resp.bulk(new byte[0], 2))).isEqualTo("$0\r\n\r\n");
    assertThat(text(Resp.bulk(null, 2))).isEqualTo("$-1\r\n");
    assertThat(text(Resp.bulk("\u00e9\r"))).isEqualTo("$2\r\n\u00e9\r\r\n");
  }

  @Test
  void aClientGetsWhatItsProtocolHas() {
    byte[] bytes = Decoding.bytes("text");
    assertThat(text(Resp.bulk(null, 3))).isEqualTo("_\r\n");
    assertThat(text(Resp.bulk(bytes, 3))).isEqualTo("$4\r\ntext\r\n");
    assertThat(text(Resp.verbatim(Unpooled.wrappedBuffer(bytes), 2))).isEqualTo("$4\r\ntext\r\n");
    assertThat(text(Resp.verbatim(Unpooled.wrappedBuffer(bytes), 3)))
        .isEqualTo("=8\r\ntxt:text\r\n");
  }

  @Test
  void anArrayHoldsReplies() {
    assertThat(text(Resp.array(List.of()))).isEqualTo("*0\r\n");
    assertThat(text(Resp.array(List.of(Resp.integer(1), Resp.array(List.of(Resp.simple("a")))))))
        .isEqualTo("*2\r\n:1\r\n*1\r\n+a\r\n");
  }

  @Test
  void aMapIsAFlatArrayForWhoKnowsNoMaps() {
    assertThat(text(Resp.map(fields(), 2)))
        .isEqualTo("*4\r\n$4\r\nnode\r\n:1\r\n$2\r\nup\r\n$-1\r\n");
    assertThat(text(Resp.map(fields(), 3)))
        .isEqualTo("%2\r\n$4\r\nnode\r\n:1\r\n$2\r\nup\r\n$-1\r\n");
    assertThat(text(Resp.map(Map.of(), 2))).isEqualTo("*0\r\n");
    assertThat(text(Resp.map(Map.of(), 3))).isEqualTo("%0\r\n");
  }

  private static Map<String, ByteBuf> fields() {
    Map<String, ByteBuf> fields = new LinkedHashMap<>();
    fields.put("node", Resp.integer(1));
    fields.put("up", Resp.bulk(null, 2));
    return fields;
  }

  @Test
  void theSizeOfARequestIsKnownFromItsArguments() {
    List<byte[]> arguments = List.of(new byte[100], new byte[0], new byte[9]);
    ByteBuf request = Resp.request(UnpooledByteBufAllocator.DEFAULT, arguments);

    assertThat(Resp.requestSize(arguments)).isEqualTo(request.readableBytes());
    request.release();
  }

  @Test
  void aLineBreakDoesNotEndAnError() {
    assertThat(text(Resp.error("ERR a\r\n+b\nc"))).isEqualTo("-ERR a  +b c\r\n");
  }

  @Test
  void bytesOfARequestThatAreNoAsciiStandInAnErrorAsTheyCame() {
    assertThat(text(Resp.error("ERR got '\u00e9\u00ff'"))).isEqualTo("-ERR got '\u00e9\u00ff'\r\n");
  }

  @Test
  void aRequestIsAnArrayOfItsArgumentsBytes() {
    ByteBuf request = Resp.request(UnpooledByteBufAllocator.DEFAULT, "SET", "\u00e9", "");

    assertThat(text(request)).isEqualTo("*3\r\n$3\r\nSET\r\n$2\r\n\u00c3\u00a9\r\n$0\r\n\r\n");
  }

  @Test
  void theArgumentsOfARequestAreTheOnesItWasWrittenWith() {
    List<byte[]> arguments =
        List.of(
            Decoding.bytes("MSET"), new byte[0], Decoding.bytes("\r\n$1\0\u00ff"), new byte[5000]);
    ByteBuf request = Resp.request(UnpooledByteBufAllocator.DEFAULT, arguments);
    ByteBuf behindOthers = Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(new byte[7]), request);
    behindOthers.skipBytes(7);

    assertThat(Resp.arguments(behindOthers)).containsExactlyElementsOf(arguments);
    assertThat(behindOthers.readableBytes()).as("bytes are left").isPositive();
    behindOthers.release();
  }

  @Test
  void aCursorShowsEachArgumentsLengthAndFirstBytes() {
    ByteBuf in =
        Unpooled.wrappedBuffer(
            Decoding.bytes("xx*3\r\n$0\r\n\r\n$3\r\nGET\r\n$11\r\n123456789\u00ff1\r\n"));
    ArgumentCursor cursor = new ArgumentCursor().start(in, 2);

    assertThat(cursor.left()).isEqualTo(3);
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.length()).isZero();
    assertThat(cursor.word(0)).isZero();
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.left()).isEqualTo(1);
    assertThat(cursor.length()).isEqualTo(3);
    assertThat(cursor.word(0)).isEqualTo('G' | 'E' << 8 | 'T' << 16);
    assertThat(cursor.word(1)).isZero();
    assertThat(cursor.next()).isTrue();
    assertThat(cursor.word(0)).isEqualTo(0x3837363534333231L);
    assertThat(cursor.word(1)).isEqualTo(0x31ff39L);
    assertThat(cursor.word(2)).isZero();
    assertThat(cursor.bytes()).isEqualTo(Decoding.bytes("123456789\u00ff1"));
    assertThat(cursor.next()).isFalse();
  }

  @Test
  void aCursorCanStartAgain() {
    ByteBuf in = Unpooled.wrappedBuffer(Decoding.bytes("*2\r\n$1\r\na\r\n$10\r\n0123456789\r\n"));
    ArgumentCursor cursor = new ArgumentCursor().start(in, 0);
    cursor.next();
    cursor.next();

    assertThat(cursor.start(in, 0).next()).isTrue();
    assertThat(cursor.bytes()).isEqualTo(new byte[] {'a'});
  }

  private static String text(ByteBuf bytes) {
    String text = bytes.toString(StandardCharsets.ISO_8859_1);
    assertThat(bytes.release()).isTrue();
    return text;
  }
}
