package io.redisproxy.resp;

import static io.redisproxy.resp.Decoding.bytes;
import static io.redisproxy.resp.Decoding.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.redisproxy.dev.RedisProcess;
import io.redisproxy.fixture.ServerVersion;
import io.redisproxy.resp.Decoding.Found;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server takes for requests, and what it refuses, is what the decoder does. */
class RequestsAgainstRedisTest {

  /**
   * How many replies came before the connection was closed, and the text of a protocol error; null
   * when there was none.
   */
  private record Outcome(int replies, String error) {}

  /** Behind one of these Valkey 8.1 takes a request for a line, too. */
  private static final Pattern BLANK_LINE = Pattern.compile("(^|\n)[ \r]+\n");

  @AutoClose private static RedisProcess redis;

  /** It omits a byte of 255 from words in a line. */
  private static boolean valkey;

  /** It insists on the line feed behind a carriage return, and takes words with quotes inside. */
  private static boolean valkeySince91;

  /** It goes on waiting for the end of a line with the length of an argument. */
  private static boolean redisSince86;

  @BeforeAll
  static void start() {
    redis = RedisProcess.start();
    ServerVersion version = ServerVersion.at(redis.port());
    valkey = version.isValkey();
    valkeySince91 = version.isValkeySince(9, 1);
    redisSince86 = version.isRedisSince(8, 6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-1",
        "-2147483648",
        "-9223372036854775808",
        "-9223372036854775809",
        "+1",
        "01",
        "-0",
        "-01",
        "",
        " 1",
        "1 ",
        "2147483647",
        "2147483648",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551617",
        "1a",
        "-",
        "--1",
        "1\n",
        "$1",
        "00"
      })
  void countsAreTakenAsTheServerTakesThem(String count) {
    assertSame("*" + count + "\r\n" + request("PING"));
    assertSame("*" + count + "\rx" + request("PING"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "4",
        "+4",
        "04",
        "-0",
        "",
        " 4",
        "4 ",
        "-1",
        "-9223372036854775808",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551620",
        "4a",
        "4\n",
        "$4"
      })
  void lengthsAreTakenAsTheServerTakesThem(String length) {
    for (String begin : List.of("*1\r\n", "*2\r\n$4\r\nECHO\r\n")) {
      assertSame(request("PING") + begin + "$" + length + "\r\nPING\r\n" + request("PING"));
    }
  }

  @Test
  void anArgumentWithoutItsMarkIsRefusedInTheServersWords() {
    for (char mark = 1; mark < 256; mark++) {
      assertSame("*1\r\n" + mark + "4\r\nPING\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "*1\r\n$", "x", "*1\r\n", "*2\r\n$4\r\nECHO\r\n$"})
  void aLineMayBeAsLongAsTheServerLetsIt(String begin) {
    int lineStart = begin.lastIndexOf('\n') + 1;
    for (int length = 65_534; length <= 65_538; length++) {
      String line = begin.substring(lineStart);
      if (line.isEmpty()) {
        line = "$";
      }
      assertSame(begin.substring(0, lineStart) + line + "1".repeat(length - line.length()));
    }
  }

  @Test
  void aLongLineThatHasItsEndIsTakenAsTheServerTakesIt() {
    assertSame("*" + "1".repeat(70_000) + "\r\n");
    assertSame("PING" + " ".repeat(60_000) + "\r\n" + request("PING"));
  }

  @Test
  void randomlyChangedPipelinesAreTakenAsTheServerTakesThem() {
    Random random = new Random(2024);
    String alphabet = "*$\r\n-+0123459 :aP\"'\\\u00e9";
    for (int round = 0; round < 1500; round++) {
      StringBuilder changed = new StringBuilder(pipeline(random));
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        int at = random.nextInt(changed.length());
        char other = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> changed.setCharAt(at, other);
          case 1 -> changed.insert(at, other);
          default -> changed.deleteCharAt(at);
        }
      }
      String input = changed.toString();
      if (valkey && BLANK_LINE.matcher(input).find()) {
        continue;
      }
      Outcome decoded = decoded(input);
      // Redis looks at a line when its end has come, the decoder at its first byte.
      Outcome served = served(decoded.error() == null ? input : input + "\r\n");
      if (!isOfNewerServer(decoded, served)) {
        assertThat(decoded).as(input).isEqualTo(served);
      }
    }
  }

  @Test
  void inlineRequestsAreSplitAsTheServerSplitsThem() {
    Random random = new Random(99);
    String alphabet = "  \t\u000b\"\"''\\\\xXnrtba01Ff\u00ff\rz";
    for (int round = 0; round < 2000; round++) {
      StringBuilder line = new StringBuilder("EVAL 'return ARGV' 0 ");
      for (int i = random.nextInt(14); i > 0; i--) {
        line.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      boolean quotes = line.indexOf("'", 21) > 0 || line.indexOf("\"", 21) > 0;
      if (valkey && line.indexOf("\u00ff") > 0 || valkeySince91 && quotes) {
        continue;
      }
      assertSplitAlike(line + "\r\n");
      assertSplitAlike(line + "\n");
    }
  }

  private static String pipeline(Random random) {
    StringBuilder pipeline = new StringBuilder();
    for (int i = 1 + random.nextInt(5); i > 0; i--) {
      pipeline.append(
          switch (random.nextInt(6)) {
            case 0 -> request("PING");
            case 1 -> request("ECHO", "a\r\n*1\r\n$4\r\nPING\r\n");
            case 2 -> request("SET", "key", "v".repeat(random.nextInt(120)));
            case 3 -> request("MGET", "a", "b", "", "c");
            case 4 -> "ECHO \"in line\"\r\n";
            default -> "*0\r\n\r\n";
          });
    }
    return pipeline.toString();
  }

  private static void assertSame(String input) {
    String shown = input.substring(0, Math.min(input.length(), 200));
    Outcome decoded = decoded(input);
    Outcome served = served(input);
    if (!isOfNewerServer(decoded, served)) {
      assertThat(decoded).as(shown).isEqualTo(served);
    }
  }

  /** Whether the server differs in what the decoder does as older ones do. */
  private static boolean isOfNewerServer(Outcome decoded, Outcome served) {
    boolean refused = "ERR Protocol error: invalid CRLF in request".equals(served.error());
    boolean tooBig = "ERR Protocol error: too big bulk count string".equals(decoded.error());
    boolean unbalanced = "ERR Protocol error: unbalanced quotes in request".equals(decoded.error());
    return valkeySince91 && (refused || unbalanced)
        || redisSince86 && tooBig && served.error() == null;
  }

  /** What the decoder makes of it, together with what inline requests are taken apart by. */
  private static Outcome decoded(String input) {
    byte[] all = bytes(input);
    int requests = 0;
    long from = 0;
    for (Found found : Decoding.whole(all, Long.MAX_VALUE)) {
      switch (found.result()) {
        case REQUEST -> requests++;
        case INLINE -> {
          List<byte[]> words =
              InlineRequest.split(bytes(input.substring((int) from, (int) found.end())));
          if (words == null) {
            return new Outcome(requests, "ERR Protocol error: unbalanced quotes in request");
          }
          requests += words.isEmpty() ? 0 : 1;
        }
        case ERROR -> {
          return new Outcome(requests, found.text());
        }
        case EMPTY, INCOMPLETE, LARGE -> {}
      }
      from = found.end();
    }
    return new Outcome(requests, null);
  }

  private static Outcome served(String input) {
    String answer = ask(input);
    int replies = count(answer);
    int error = answer.indexOf("-ERR Protocol error");
    return error < 0
        ? new Outcome(replies, null)
        : new Outcome(replies - 1, answer.substring(error + 1, answer.length() - 2));
  }

  private static int count(String answer) {
    ReplyScanner scanner = new ReplyScanner();
    scanner.scan(Unpooled.wrappedBuffer(bytes(answer)), 0, Integer.MAX_VALUE);
    assertThat(scanner.isInsideReply()).isFalse();
    return scanner.completed();
  }

  private static void assertSplitAlike(String line) {
    List<byte[]> words = InlineRequest.split(bytes(line));
    String expected =
        words == null
            ? "-ERR Protocol error: unbalanced quotes in request\r\n"
            : array(words.subList(3, words.size()));
    assertThat(ask(line)).as(line).isEqualTo(expected);
  }

  private static String array(List<byte[]> words) {
    List<String> arguments = new ArrayList<>();
    words.forEach(word -> arguments.add(new String(word, StandardCharsets.ISO_8859_1)));
    return request(arguments.toArray(String[]::new));
  }

  /** All that the server answers until it closes, which it does at the latest when we have. */
  private static String ask(String input) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(bytes(input));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new AssertionError(input, e);
    }
  }
}
