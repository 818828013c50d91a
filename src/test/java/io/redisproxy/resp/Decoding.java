package io.redisproxy.resp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.resp.RequestDecoder.Result;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Feeds a decoder, and notes what it finds, with places counted over all buffers. The buffers end
 * where their bytes end, so that a read behind them throws. A second decoder takes the short way
 * wherever a request is like the one before, and must find the same.
 */
final class Decoding {

  /**
   * @param end the index after the found, in all bytes fed; -1 for an error
   * @param text the name of a request, the words of an error
   */
  record Found(Result result, long end, String text) {}

  /** Bytes before the first one to be read, since no decoder may count from 0. */
  private static final int OFFSET = 3;

  private final RequestDecoder decoder;
  private final RequestDecoder quick;
  private final List<Found> found = new ArrayList<>();
  private int alike;
  private long fed;
  private boolean failed;

  Decoding(long maxSize) {
    decoder = new RequestDecoder(maxSize);
    quick = new RequestDecoder(maxSize);
  }

  static List<Found> whole(byte[] bytes, long maxSize) {
    return new Decoding(maxSize).feed(bytes, 0, bytes.length).found();
  }

  /** With the bytes cut into buffers at the indices given. */
  static List<Found> cutAt(byte[] bytes, long maxSize, int... cuts) {
    Decoding decoding = new Decoding(maxSize);
    int from = 0;
    for (int cut : cuts) {
      decoding.feed(bytes, from, cut);
      from = cut;
    }
    return decoding.feed(bytes, from, bytes.length).found();
  }

  static List<Found> byteByByte(byte[] bytes, long maxSize) {
    Decoding decoding = new Decoding(maxSize);
    for (int i = 0; i < bytes.length; i++) {
      decoding.feed(bytes, i, i + 1);
    }
    return decoding.found();
  }

  List<Found> found() {
    return found;
  }

  RequestDecoder decoder() {
    return decoder;
  }

  /** How many requests were found by the short way. */
  int alike() {
    return alike;
  }

  Decoding feed(byte[] bytes, int from, int to) {
    ByteBuf in = Unpooled.buffer(OFFSET + to - from, OFFSET + to - from);
    in.writeZero(OFFSET).writeBytes(bytes, from, to - from).readerIndex(OFFSET);
    int position = OFFSET;
    boolean behindRequest = false;
    while (position < in.writerIndex() && !failed) {
      // As it came, since what has the place of a line break is made one.
      ByteBuf asSent = in.copy(0, in.writerIndex());
      Result result = decoder.next(in, position);
      followQuickly(asSent, position, result, behindRequest);
      behindRequest = result == Result.REQUEST;
      if (result == Result.ERROR) {
        failed = true;
        found.add(new Found(result, -1, decoder.error()));
        return this;
      }
      assertThat(decoder.end()).isGreaterThan(position).isLessThanOrEqualTo(in.writerIndex());
      position = decoder.end();
      if (result == Result.INCOMPLETE) {
        assertThat(position).isEqualTo(in.writerIndex());
      } else {
        String text = result == Result.REQUEST ? name(decoder) : "";
        found.add(new Found(result, fed + position - OFFSET, text));
      }
    }
    fed += to - from;
    return this;
  }

  private void followQuickly(ByteBuf in, int position, Result result, boolean behindRequest) {
    if (behindRequest && quick.nextIsAlike(in, position)) {
      assertThat(result).isEqualTo(Result.REQUEST);
      alike++;
    } else {
      assertThat(quick.next(in, position)).isEqualTo(result);
    }
    assertThat(quick.end()).isEqualTo(decoder.end());
    assertThat(quick.isSplit()).isEqualTo(decoder.isSplit());
    if (result == Result.REQUEST) {
      assertThat(name(quick)).isEqualTo(name(decoder));
      assertThat(quick.hasPlainArgument()).isEqualTo(decoder.hasPlainArgument());
      if (decoder.hasPlainArgument()) {
        assertThat(quick.argumentAt(in)).isEqualTo(decoder.argumentAt(in));
        assertThat(quick.argumentLength(in)).isEqualTo(decoder.argumentLength(in));
      }
    }
  }

  /** The name as the decoder's words hold it, or how long it is. */
  private static String name(RequestDecoder decoder) {
    int length = decoder.nameLength();
    long[] words = {decoder.word0(), decoder.word1(), decoder.word2()};
    if (length > Long.BYTES * words.length) {
      return length + " bytes";
    }
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < Long.BYTES * words.length; i++) {
      char c = (char) (words[i / Long.BYTES] >>> (i % Long.BYTES * Byte.SIZE) & 0xFF);
      if (i < length) {
        name.append(c);
      } else {
        assertThat(c).as("padding").isEqualTo('\0');
      }
    }
    return name.toString();
  }

  /** A byte for every character. */
  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String request(String... arguments) {
    StringBuilder request = new StringBuilder("*" + arguments.length + "\r\n");
    for (String argument : arguments) {
      request.append("$" + argument.length() + "\r\n" + argument + "\r\n");
    }
    return request.toString();
  }
}
