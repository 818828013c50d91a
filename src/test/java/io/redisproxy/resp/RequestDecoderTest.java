package io.redisproxy.resp;

import static io.redisproxy.resp.Decoding.bytes;
import static io.redisproxy.resp.Decoding.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.resp.Decoding.Found;
import io.redisproxy.resp.RequestDecoder.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestDecoderTest {
  private static final long UNLIMITED = Long.MAX_VALUE;

  @Test
  void aPipelineIsFoundWhateverItsPieces() {
    List<String> parts =
        List.of(
            request("GET", "key"),
            request("SET", "k", "*1\r\n$4\r\nPING\r\n"),
            "*0\r\n",
            request(""),
            request("", "x"),
            "PING inline\r\n",
            request("PING"),
            "\r\n",
            "\n",
            "*-1\r\n",
            "*-9223372036854775808\r\n",
            request("GEORADIUSBYMEMBER_RO", "", "a\r\nb"),
            request("MGET", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
    List<Found> expected =
        expected(
            parts,
            "GET SET EMPTY () () INLINE PING INLINE INLINE EMPTY EMPTY GEORADIUSBYMEMBER_RO MGET");

    assertFoundInAnyTwoPieces(bytes(String.join("", parts)), UNLIMITED, expected);
  }

  @Test
  void aShortPipelineIsFoundInAnyThreePieces() {
    List<String> parts = List.of(request("GET", ""), "*0\r\n", "a b\r\n", request("EXISTS1234"));
    List<Found> expected = expected(parts, "GET EMPTY INLINE EXISTS1234");
    byte[] all = bytes(String.join("", parts));
    for (int first = 0; first <= all.length; first++) {
      for (int second = first; second <= all.length; second++) {
        assertThat(Decoding.cutAt(all, UNLIMITED, first, second))
            .as("cut at %d and %d", first, second)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void randomPipelinesAreFoundInRandomPieces() {
    Random random = new Random(42);
    for (int round = 0; round < 300; round++) {
      List<String> parts = new ArrayList<>();
      List<String> names = new ArrayList<>();
      for (int i = random.nextInt(8); i >= 0; i--) {
        String[] arguments = new String[1 + random.nextInt(5)];
        Arrays.setAll(arguments, a -> randomText(random, random.nextInt(40)));
        parts.add(request(arguments));
        String name = arguments[0];
        names.add(name.length() > 24 ? name.length() + " bytes" : name);
      }
      byte[] all = bytes(String.join("", parts));
      int[] cuts = random.ints(random.nextInt(10), 0, all.length).sorted().toArray();
      assertThat(Decoding.cutAt(all, UNLIMITED, cuts))
          .as("round %d", round)
          .isEqualTo(expectedOf(parts, names));
    }
  }

  @Test
  void aNameOfAnyLengthIsReadAtAnySplitAndNothingBehindIt() {
    String letters = "\u00ffBCDEFGHIJKLMNOPQRSTUVWX";
    for (int length = 1; length <= 24; length++) {
      String name = letters.substring(0, length);
      byte[] all = bytes(request(name, "value"));
      assertFoundInAnyTwoPieces(
          all, UNLIMITED, List.of(new Found(Result.REQUEST, all.length, name)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {25, 26, 64, 5000})
  void ofALongNameOnlyTheLengthIsTold(int length) {
    byte[] all = bytes(request("n".repeat(length), "value"));
    List<Found> expected = List.of(new Found(Result.REQUEST, all.length, length + " bytes"));

    assertFoundInAnyTwoPieces(all, UNLIMITED, expected);
  }

  @Test
  void theNameOfARequestDoesNotShowInTheNext() {
    byte[] all = bytes(request("GEORADIUSBYMEMBER_RO") + request("GET") + request(""));

    assertThat(Decoding.whole(all, UNLIMITED))
        .extracting(Found::text)
        .containsExactly("GEORADIUSBYMEMBER_RO", "GET", "");
  }

  @Test
  void aRequestIsSplitWhenItBeganInAnEarlierBuffer() {
    byte[] all = bytes(request("GET", "a") + request("GET", "b"));
    int middle = all.length / 2;
    Decoding decoding = new Decoding(UNLIMITED);

    assertThat(decoding.feed(all, 0, middle).decoder().isSplit()).isFalse();
    assertThat(decoding.feed(all, middle, middle + 1).decoder().isSplit()).isTrue();
    assertThat(decoding.feed(all, middle + 1, all.length).decoder().isSplit()).isTrue();
    assertThat(decoding.feed(all, 0, middle).decoder().isSplit()).isFalse();
  }

  // Requests like the one before.

  @Test
  void requestsAreAlikeThatDifferInTheirArgumentsOnly() {
    String first = request("SET", "a", "1");
    String longer = request("SET", "k".repeat(999), "");

    assertThat(alike(first, first, longer, request("SET", "\r\n", "*3\r\n$3\r\nSET\r\n"), longer))
        .isEqualTo(4);
    assertThat(alike(request("PING"), request("PING"), "*1\r\n$4\r\nPING\r\n")).isEqualTo(2);
  }

  @Test
  void requestsAreNotAlikeWithAnotherNameOrNumberOfArguments() {
    assertThat(
            alike(
                request("GET", "a"),
                request("get", "a"),
                request("GETX", "a"),
                request("GET", "a"),
                request("TTL", "a"),
                request("TTL", "a", "b"),
                request("TTL"),
                "*0\r\n",
                "TTL\r\n",
                request("TTL")))
        .isZero();
  }

  @Test
  void whatTakesTheLongWayIsNotLikeTheRequestBefore() {
    String large = request("SET", "a", "v".repeat(1000));
    String many = request("MGET", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
    String named = request("ZREVRANGE", "a", "0", "1");

    assertThat(alike(request("SET", "a", "1"), large, large, request("SET", "a", "1"))).isZero();
    assertThat(alike(many, many)).isZero();
    assertThat(alike(named, named)).isZero();
  }

  @Test
  void nothingIsLikeARequestThatTookTheLongWay() {
    RequestDecoder decoder = new RequestDecoder(UNLIMITED);
    ByteBuf in = Unpooled.buffer().writeBytes(bytes(request("SET", "a", "v".repeat(1000))));
    decoder.next(in, 0);
    int end = decoder.end();
    in.writeZero(64);

    assertThat(decoder.nextIsAlike(in, end)).isFalse();
    assertThat(decoder.end()).isEqualTo(end);
  }

  @Test
  void aRequestThatIsTooLargeIsNotLikeTheOneBefore() {
    String small = request("SET", "a", "1");
    byte[] all = bytes(small + small + request("SET", "a", "22"));
    Decoding decoding = new Decoding(small.length()).feed(all, 0, all.length);

    assertThat(decoding.alike()).isEqualTo(1);
    assertThat(decoding.found())
        .extracting(Found::result)
        .containsExactly(Result.REQUEST, Result.REQUEST, Result.LARGE, Result.REQUEST);
  }

  private static int alike(String... requests) {
    byte[] all = bytes(String.join("", requests) + "*1\r\n$9\r\n");
    return new Decoding(UNLIMITED).feed(all, 0, all.length).alike();
  }

  // Large requests.

  @Test
  void aLengthThatAnnouncesALargeRequestIsToldWhereItEnds() {
    String head = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\n";
    byte[] all = bytes(head + "v".repeat(100) + "\r\n" + request("PING"));
    int end = head.length() + 102;
    List<Found> expected =
        List.of(
            new Found(Result.LARGE, head.length(), ""),
            new Found(Result.REQUEST, end, "SET"),
            new Found(Result.REQUEST, all.length, "PING"));

    assertFoundInAnyTwoPieces(all, end - 1, expected);
    assertFoundInAnyTwoPieces(all, end, expected.subList(1, expected.size()));
  }

  @Test
  void manySmallArgumentsMakeALargeRequestWithTheFirstThatExceedsTheLimit() {
    String[] arguments = new String[50];
    Arrays.fill(arguments, "arg");
    String whole = request(arguments);
    byte[] all = bytes(whole + request("PING"));
    int head = "*50\r\n$3\r\n".length();
    int argument = "arg\r\n$3\r\n".length();
    for (int before = 1; before < 50; before++) {
      int fits = head + before * argument - "$3\r\n".length();
      int known = head + before * argument;
      for (int cut = fits; cut <= known; cut++) {
        // A buffer that ends in the length of that argument shows it, too.
        int told = cut == fits ? known : cut;
        assertThat(Decoding.cutAt(all, fits, cut))
            .containsExactly(
                new Found(Result.LARGE, told, ""),
                new Found(Result.REQUEST, whole.length(), "arg"),
                new Found(Result.REQUEST, all.length, "PING"));
      }
    }
  }

  @Test
  void aRequestThatIsLargeBeforeItsNameHasComeIsToldWhenTheBufferEnds() {
    byte[] all = bytes("*1\r\n$3\r\nGET\r\n");

    assertThat(Decoding.cutAt(all, 5, 7))
        .containsExactly(
            new Found(Result.LARGE, 7, ""), new Found(Result.REQUEST, all.length, "GET"));
  }

  @Test
  void aLargeRequestIsToldOnceThoughManyOfItsLengthsExceedTheLimit() {
    String huge = "v".repeat(100);
    byte[] all = bytes(request(huge, huge, huge) + request(huge));

    assertThat(Decoding.whole(all, 10))
        .extracting(Found::result)
        .containsExactly(Result.LARGE, Result.REQUEST, Result.LARGE, Result.REQUEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"536870913", "4294967296", "9223372036854775800", "9223372036854775805"})
  void aHugeLengthIsLargeAndEatsWhatFollows(String length) {
    for (String name : List.of("$" + length, "$3\r\nSET\r\n$" + length)) {
      String head = "*3\r\n" + name + "\r\n";
      byte[] all = bytes(head + request("PING").repeat(10));

      assertFoundInAnyTwoPieces(all, 1000, List.of(new Found(Result.LARGE, head.length(), "")));
    }
  }

  @Test
  void anInlineRequestIsNeverLarge() {
    byte[] all = bytes("SET key " + "v".repeat(100) + "\r\n");

    assertFoundInAnyTwoPieces(all, 10, List.of(new Found(Result.INLINE, all.length, "")));
  }

  // What Redis refuses.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "+1",
        "01",
        "00",
        "-0",
        "-01",
        " 1",
        "1 ",
        "--1",
        "-",
        "1-",
        "1.0",
        "1e1",
        "0x1",
        "a",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551617",
        "2147483648",
        "99999999999999999999999999",
        "-99999999999999999999999999",
        "1\n2",
        "\n",
        "$",
        "1:"
      })
  void aCountThatIsNoneIsRefused(String count) {
    assertRefused("*" + count + "\r\n", "invalid multibulk length");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "+1",
        "01",
        "00",
        "-0",
        "-01",
        " 1",
        "1 ",
        "-",
        "1.0",
        "a",
        "-1",
        "-2",
        "1\n2",
        "*1",
        "9223372036854775806",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551617",
        "99999999999999999999999999"
      })
  void aLengthThatIsNoneIsRefused(String length) {
    assertRefused("*1\r\n$" + length + "\r\n", "invalid bulk length");
    assertRefused("*2\r\n$4\r\nECHO\r\n$" + length + "\r\n", "invalid bulk length");
  }

  @Test
  void anArgumentWithoutItsMarkIsRefused() {
    assertRefused("*1\r\nfoo\r\n", "expected '$', got 'f'");
    assertRefused("*1\r\n*1\r\n", "expected '$', got '*'");
    assertRefused("*2\r\n$1\r\na\r\nb\r\n", "expected '$', got 'b'");
  }

  @Test
  void aLineBreakInPlaceOfAMarkIsToldAsABlank() {
    assertRefused("*1\r\n\r\n", "expected '$', got ' '");
    assertRefused("*1\r\n\n\r\n", "expected '$', got ' '");
  }

  @Test
  void theTwoBytesBehindAnArgumentAreNotLookedAt() {
    byte[] all = bytes("*2\rx$1\r\nabc$1\ryd\n\r");

    assertFoundInAnyTwoPieces(all, UNLIMITED, List.of(new Found(Result.REQUEST, all.length, "a")));
  }

  @Test
  void aLineThatDoesNotEndIsRefused() {
    assertTooLong("", "x", "too big inline request");
    assertTooLong("", "*1", "too big mbulk count string");
    assertTooLong("*2\r\n$4\r\nECHO\r\n", "$1", "too big bulk count string");
  }

  @Test
  void aLineOfAnyLengthIsWaitedForWhenOnlyItsLastByteIsMissing() {
    byte[] all = bytes("*" + "1".repeat(70_000) + "\r\n");

    assertThat(Decoding.cutAt(all, UNLIMITED, all.length - 1))
        .containsExactly(
            new Found(Result.ERROR, -1, "ERR Protocol error: invalid multibulk length"));
  }

  @Test
  void afterAnErrorNothingElseIsFound() {
    RequestDecoder decoder = new RequestDecoder(UNLIMITED);
    ByteBuf bad = Unpooled.wrappedBuffer(bytes("*x\r\n"));
    ByteBuf good = Unpooled.wrappedBuffer(bytes(request("PING")));

    assertThat(decoder.next(bad, 0)).isEqualTo(Result.ERROR);
    assertThat(decoder.next(good, 0)).isEqualTo(Result.ERROR);
    assertThat(decoder.error()).isEqualTo("ERR Protocol error: invalid multibulk length");
  }

  // Anything at all.

  @Test
  void garbageIsDecodedToTheSameWhateverItsPieces() {
    Random random = new Random(1);
    for (int round = 0; round < 20_000; round++) {
      byte[] garbage = new byte[random.nextInt(120)];
      if (random.nextBoolean()) {
        random.nextBytes(garbage);
      } else {
        for (int i = 0; i < garbage.length; i++) {
          garbage[i] = (byte) "*$\r\n\r\n0123-9aP\0".charAt(random.nextInt(15));
        }
      }
      int[] cuts = random.ints(random.nextInt(6), 0, garbage.length + 1).sorted().toArray();
      List<Found> whole = withoutLarge(Decoding.whole(garbage, 60));
      assertThat(withoutLarge(Decoding.cutAt(garbage, 60, cuts)))
          .as("round %d", round)
          .isEqualTo(whole);
      assertThat(withoutLarge(Decoding.byteByByte(garbage, 60)))
          .as("round %d", round)
          .isEqualTo(whole);
    }
  }

  private static List<Found> withoutLarge(List<Found> found) {
    return found.stream().filter(f -> f.result() != Result.LARGE).toList();
  }

  private static void assertRefused(String bad, String reason) {
    String before = request("PING");
    byte[] all = bytes(before + bad);
    List<Found> expected =
        List.of(
            new Found(Result.REQUEST, before.length(), "PING"),
            new Found(Result.ERROR, -1, "ERR Protocol error: " + reason));
    assertFoundInAnyTwoPieces(all, UNLIMITED, expected);
  }

  /** Redis waits for the end of a line of 65,536 bytes, and for none longer. */
  private static void assertTooLong(String before, String line, String reason) {
    byte[] all = bytes(before + line + "1".repeat(65_537 - line.length()));
    List<Found> expected = List.of(new Found(Result.ERROR, -1, "ERR Protocol error: " + reason));
    assertThat(Decoding.cutAt(all, UNLIMITED, all.length - 1)).isEqualTo(expected);
    assertThat(Decoding.byteByByte(all, UNLIMITED)).isEqualTo(expected);
    byte[] waitedFor = Arrays.copyOf(all, all.length - 1);
    assertThat(Decoding.whole(waitedFor, UNLIMITED)).isEmpty();
    assertThat(Decoding.byteByByte(waitedFor, UNLIMITED)).isEmpty();
  }

  private static void assertFoundInAnyTwoPieces(byte[] all, long maxSize, List<Found> expected) {
    assertThat(Decoding.whole(all, maxSize)).as("in one piece").isEqualTo(expected);
    for (int cut = 0; cut <= all.length; cut++) {
      List<Found> found = Decoding.cutAt(all, maxSize, cut);
      if (!found.equals(expected)) {
        fail("cut at %d: %s instead of %s", cut, found, expected);
      }
    }
    assertThat(Decoding.byteByByte(all, maxSize)).as("byte by byte").isEqualTo(expected);
  }

  /** {@code kinds}: EMPTY, INLINE or a request's name, one for each part; {@code ()} is no name. */
  private static List<Found> expected(List<String> parts, String kinds) {
    return expectedOf(parts, List.of(kinds.split(" ")));
  }

  private static List<Found> expectedOf(List<String> parts, List<String> kinds) {
    List<Found> expected = new ArrayList<>();
    int end = 0;
    for (int i = 0; i < parts.size(); i++) {
      end += parts.get(i).length();
      String kind = kinds.get(i);
      expected.add(
          switch (kind) {
            case "EMPTY", "INLINE" -> new Found(Result.valueOf(kind), end, "");
            case "()" -> new Found(Result.REQUEST, end, "");
            default -> new Found(Result.REQUEST, end, kind);
          });
    }
    return expected;
  }

  private static String randomText(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) random.nextInt(256));
    }
    return text.toString();
  }
}
