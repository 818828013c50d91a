package io.redisproxy.resp;

import static io.redisproxy.resp.Decoding.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyScannerTest {
  private static final int ALL = Integer.MAX_VALUE;

  private static final List<String> REPLIES =
      List.of(
          "+OK\r\n",
          "+\r\n",
          "-ERR wrong\r\n",
          ":-12\r\n",
          "$5\r\n*1\r\n+\r\n",
          "$0\r\n\r\n",
          "$-1\r\n",
          "*0\r\n",
          "*-1\r\n",
          "*2\r\n$1\r\na\r\n:1\r\n",
          "*3\r\n*0\r\n*-1\r\n*1\r\n*1\r\n$-1\r\n",
          // RESP3
          "_\r\n",
          "#t\r\n",
          ",-inf\r\n",
          ",1.5e3\r\n",
          "(3492890328409238509324850943850943825024385\r\n",
          "!10\r\nERR\r\nwrong\r\n",
          "=9\r\ntxt:a\r\nbc\r\n",
          "~2\r\n+a\r\n_\r\n",
          "%0\r\n",
          "%2\r\n+a\r\n*1\r\n:1\r\n+b\r\n%1\r\n#f\r\n#t\r\n",
          // An attribute stands before what it is about.
          "|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n",
          "|0\r\n+a\r\n",
          "*2\r\n|1\r\n+a\r\n*2\r\n:1\r\n:2\r\n:1\r\n:2\r\n",
          "|1\r\n|1\r\n+a\r\n+b\r\n+key\r\n+value\r\n:1\r\n",
          // A push is not a reply, but may stand before one.
          ">2\r\n+message\r\n*2\r\n+a\r\n+b\r\n+OK\r\n",
          ">0\r\n>-1\r\n>1\r\n+x\r\n_\r\n",
          // It may stand between elements, too.
          "*2\r\n>2\r\n+message\r\n*1\r\n+a\r\n:1\r\n>1\r\n+x\r\n:2\r\n",
          // Streamed types.
          "$?\r\n;4\r\nHell\r\n;2\r\no\n\r\n;0\r\n",
          "$?\r\n;0\r\n",
          "*?\r\n.\r\n",
          "*?\r\n:1\r\n*2\r\n:2\r\n*0\r\n%1\r\n+k\r\n+v\r\n.\r\n",
          "~?\r\n+a\r\n|1\r\n+k\r\n+v\r\n+b\r\n.\r\n",
          "%?\r\n+k\r\n*?\r\n$?\r\n;1\r\na\r\n;0\r\n~?\r\n.\r\n.\r\n+k2\r\n$-1\r\n.\r\n",
          "*?\r\n*?\r\n*?\r\n*?\r\n*?\r\n*?\r\n+deep\r\n.\r\n.\r\n.\r\n.\r\n.\r\n.\r\n",
          "*2\r\n*?\r\n*1\r\n+a\r\n.\r\n+b\r\n",
          "*1\r\n*?\r\n*1\r\n*1\r\n*1\r\n+a\r\n.\r\n");

  static List<String> replies() {
    return REPLIES;
  }

  @ParameterizedTest
  @MethodSource("replies")
  void oneReplyIsOneReplyInAnyThreePieces(String reply) {
    byte[] all = bytes(reply);
    for (int first = 0; first <= all.length; first++) {
      for (int second = first; second <= all.length; second++) {
        if (!ends(all, first, second).equals(List.of(all.length))) {
          fail("cut at %d and %d", first, second);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("replies")
  void theScannerIsInsideAReplyFromItsFirstByteToItsLast(String reply) {
    byte[] all = bytes(reply);
    ReplyScanner scanner = new ReplyScanner();
    boolean outOfBand = reply.startsWith(">");
    for (int i = 0; i < all.length; i++) {
      boolean begun = i > 0;
      if (!outOfBand) {
        assertThat(scanner.isInsideReply()).as("before byte %d", i).isEqualTo(begun);
      }
      scanner.scan(Unpooled.wrappedBuffer(all, i, 1), 0, ALL);
      assertThat(scanner.completed()).isEqualTo(i == all.length - 1 ? 1 : 0);
    }
    assertThat(scanner.isInsideReply()).isFalse();
  }

  @Test
  void repliesInARowAreToldApartWhereverTheyAreCut() {
    byte[] all = bytes(String.join("", REPLIES));
    List<Integer> expected = new ArrayList<>();
    int end = 0;
    for (String reply : REPLIES) {
      end += reply.length();
      expected.add(end);
    }
    for (int cut = 0; cut <= all.length; cut++) {
      assertThat(ends(all, cut)).as("cut at %d", cut).isEqualTo(expected);
    }
  }

  @Test
  void aScanStopsBehindTheRepliesThatAreWanted() {
    String head = "+a\r\n$1\r\nb\r\n";
    ByteBuf in = Unpooled.wrappedBuffer(bytes(head + "*1\r\n:1\r\n+d\r\n"));
    ReplyScanner scanner = new ReplyScanner();

    assertThat(scanner.scan(in, 0, 2)).isEqualTo(head.length());
    assertThat(scanner.completed()).isEqualTo(2);
    assertThat(scanner.scan(in, head.length(), 3)).isEqualTo(in.writerIndex());
    assertThat(scanner.completed()).isEqualTo(2);
  }

  @Test
  void aPushBehindTheLastWantedReplyIsLeftAndOneBeforeItIsNot() {
    String push = ">1\r\n+push\r\n";
    String wanted = push + "+a\r\n" + push + "+b\r\n";
    ByteBuf in = Unpooled.wrappedBuffer(bytes(wanted + push));
    ReplyScanner scanner = new ReplyScanner();

    assertThat(scanner.scan(in, 0, 2)).isEqualTo(wanted.length());
    assertThat(scanner.scan(in, wanted.length(), 1)).isEqualTo(in.writerIndex());
    assertThat(scanner.completed()).isZero();
    assertThat(scanner.isInsideReply()).isFalse();
  }

  @Test
  void onlyRepliesThatAreErrorsThemselvesCountAsErrors() {
    ByteBuf in =
        Unpooled.wrappedBuffer(
            bytes("-ERR\r\n+-\r\n!3\r\nERR\r\n*2\r\n-ERR\r\n!1\r\na\r\n$4\r\n-ERR\r\n-ERR\r\n"));
    ReplyScanner scanner = new ReplyScanner();

    assertThat(scanner.scan(in, 0, 6)).isEqualTo(in.writerIndex());
    assertThat(scanner.completed()).isEqualTo(6);
    assertThat(scanner.errors()).isEqualTo(3);
  }

  @Test
  void aValueLargerThanAnyBufferIsCountedDown() {
    long left = (1L << 33) + 2;
    ReplyScanner scanner = new ReplyScanner();
    ByteBuf head = Unpooled.wrappedBuffer(bytes("$" + (1L << 33) + "\r\n"));
    scanner.scan(head, 0, 1);
    ByteBuf body = Unpooled.wrappedBuffer(new byte[1 << 24]);
    while (left > body.writerIndex()) {
      assertThat(scanner.scan(body, 0, 1)).isEqualTo(body.writerIndex());
      assertThat(scanner.completed()).isZero();
      left -= body.writerIndex();
    }
    assertThat(scanner.scan(body, 0, 1)).isEqualTo((int) left);
    assertThat(scanner.completed()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n",
        "\0",
        "HTTP/1.1 400 Bad Request\r\n",
        "a",
        "/",
        "?",
        // No length
        "$\r\n",
        "$a\r\n",
        "$ 1\r\n",
        "$+1\r\n",
        "*01\r\n",
        "%-\r\n",
        "=1a\r\n",
        "|x\r\n",
        ">?\r\n",
        // More than there can be
        "$9223372036854775807\r\n",
        "$9223372036854775806\r\n",
        "*9223372036854775807\r\n",
        "%4611686018427387904\r\n",
        "|9223372036854775807\r\n",
        "~9223372036854775808\r\n",
        // Streams
        ".\r\n",
        "*1\r\n.\r\n",
        ";1\r\na\r\n",
        "$?\r\n+a\r\n",
        "$?\r\n$1\r\na\r\n",
        "$?\r\n.\r\n",
        "$?\r\n;-1\r\n",
        "$?\r\n;1\r\na\r\n;0\r\n;0\r\n",
        "*?\r\n.\r\n.\r\n",
        "!?\r\n",
        "=?\r\n",
        "|?\r\n",
        "$?1\r\n",
        "$1?\r\n",
        "$??\r\n",
        "*?-\r\n",
        "*1?\r\n",
        "*?\r\n;1\r\n",
        "$?\r\n;?\r\n",
        "$\r?\r\n",
        "*\r?.\r\n"
      })
  void whatIsNotTheProtocolIsRefusedInAnyTwoPieces(String garbage) {
    byte[] all = bytes("+OK\r\n" + garbage);
    for (int cut = 0; cut <= all.length; cut++) {
      int at = cut;
      assertThatThrownBy(() -> ends(all, at))
          .as("cut at %d", cut)
          .isInstanceOf(NotRedisException.class)
          .hasMessageStartingWith("not the Redis protocol: unexpected byte 0x");
    }
  }

  @Test
  void whatIsNotTheProtocolIsNoBeginningOfAReply() {
    for (String garbage : List.of("x", "+OK\r\nx", "*x\r\n", "$1x\r\n", "*2\r\n+a\r\nx")) {
      ReplyScanner scanner = new ReplyScanner();
      assertThatThrownBy(() -> scanner.scan(Unpooled.wrappedBuffer(bytes(garbage)), 0, 9))
          .isInstanceOf(NotRedisException.class);
      assertThat(scanner.isInsideReply()).as(garbage).isFalse();
    }
    ReplyScanner inside = new ReplyScanner();
    assertThat(inside.scan(Unpooled.wrappedBuffer(bytes("*2\r\n+a\r\n")), 0, 9)).isEqualTo(8);
    assertThatThrownBy(() -> inside.scan(Unpooled.wrappedBuffer(bytes("x")), 0, 9))
        .isInstanceOf(NotRedisException.class);
    assertThat(inside.isInsideReply()).isTrue();
  }

  @Test
  void anythingIsScannedToTheSameWhateverItsPieces() {
    Random random = new Random(5);
    String alphabet = "+-:$*%~>|;.?_\r\n\r\n\r\n0012";
    for (int round = 0; round < 50_000; round++) {
      byte[] garbage = new byte[random.nextInt(60)];
      for (int i = 0; i < garbage.length; i++) {
        garbage[i] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
      }
      int[] cuts = random.ints(random.nextInt(6), 0, garbage.length + 1).sorted().toArray();
      assertThat(endsOrRefusal(garbage, cuts))
          .as("round %d", round)
          .isEqualTo(endsOrRefusal(garbage));
    }
  }

  @Test
  void randomRepliesAreToldApartInRandomPieces() {
    Random random = new Random(11);
    for (int round = 0; round < 2000; round++) {
      StringBuilder stream = new StringBuilder();
      List<Integer> expected = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        if (random.nextInt(4) == 0) {
          appendAggregate(stream, random, '>', 3);
        }
        appendValue(stream, random, 4);
        expected.add(stream.length());
      }
      byte[] all = bytes(stream.toString());
      int[] cuts = random.ints(random.nextInt(12), 0, all.length + 1).sorted().toArray();
      assertThat(ends(all, cuts)).as("round %d", round).isEqualTo(expected);
    }
  }

  private static void appendValue(StringBuilder out, Random random, int depth) {
    int kinds = depth == 0 ? 8 : 14;
    switch (random.nextInt(kinds)) {
      case 0 -> out.append("+simple $1\r\n");
      case 1 -> out.append("-ERR *2\r\n");
      case 2 -> out.append(":").append(random.nextLong()).append("\r\n");
      case 3 -> appendBulk(out, random, "$");
      case 4 -> appendBulk(out, random, "=");
      case 5 -> out.append("_\r\n");
      case 6 -> out.append("$-1\r\n");
      case 7 -> {
        out.append("$?\r\n");
        for (int i = random.nextInt(3); i > 0; i--) {
          out.append(";2\r\n;\n\r\n");
        }
        out.append(";0\r\n");
      }
      case 8 -> appendAggregate(out, random, '*', depth);
      case 9 -> appendAggregate(out, random, '~', depth);
      case 10 -> appendAggregate(out, random, '%', depth);
      case 11 -> {
        appendAggregate(out, random, '|', depth);
        appendValue(out, random, depth - 1);
      }
      default -> {
        char type = "*~%".charAt(random.nextInt(3));
        out.append(type).append("?\r\n");
        for (int i = random.nextInt(4) * (type == '%' ? 2 : 1); i > 0; i--) {
          appendValue(out, random, depth - 1);
        }
        out.append(".\r\n");
      }
    }
  }

  private static void appendBulk(StringBuilder out, Random random, String type) {
    String value = "\r\n$3*".repeat(random.nextInt(5));
    out.append(type).append(value.length()).append("\r\n").append(value).append("\r\n");
  }

  private static void appendAggregate(StringBuilder out, Random random, char type, int depth) {
    int size = random.nextInt(4);
    out.append(type).append(size).append("\r\n");
    for (int i = type == '%' || type == '|' ? 2 * size : size; i > 0; i--) {
      appendValue(out, random, depth - 1);
    }
  }

  private static String endsOrRefusal(byte[] all, int... cuts) {
    List<Integer> ends = new ArrayList<>();
    try {
      addEnds(ends, all, cuts);
      return ends.toString();
    } catch (NotRedisException e) {
      return ends + e.getMessage();
    }
  }

  /** Where the replies end, when the bytes come cut at the places given. */
  private static List<Integer> ends(byte[] all, int... cuts) {
    List<Integer> ends = new ArrayList<>();
    addEnds(ends, all, cuts);
    return ends;
  }

  private static void addEnds(List<Integer> ends, byte[] all, int... cuts) {
    ReplyScanner scanner = new ReplyScanner();
    int[] to = Arrays.copyOf(cuts, cuts.length + 1);
    to[cuts.length] = all.length;
    int from = 0;
    for (int limit : to) {
      // A buffer that ends where its bytes end, so that a read behind them throws.
      ByteBuf in = Unpooled.copiedBuffer(all, from, limit - from);
      int position = 0;
      while (position < in.writerIndex()) {
        int end = scanner.scan(in, position, 1);
        assertThat(end).isGreaterThan(position).isLessThanOrEqualTo(in.writerIndex());
        position = end;
        if (scanner.completed() == 1) {
          ends.add(from + position);
        } else {
          assertThat(position).isEqualTo(in.writerIndex());
        }
      }
      from = limit;
    }
  }
}
