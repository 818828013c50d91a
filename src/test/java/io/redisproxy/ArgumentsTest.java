package io.redisproxy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
  private static final String USAGE =
      """
      Usage: redis-proxy [-hV] [CONFIG]
      Sends reads to Redis replicas and everything else to the master.
            [CONFIG]    The JSON file that lists the listeners.
        -h, --help      Print this help.
        -V, --version   Print the version.
      Without CONFIG the file named by -Dredis-proxy.config or REDIS_PROXY_CONFIG is
      read.
      """;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void aFileMayBeNamed() {
    assertThat(parse("a.json").config()).contains("a.json");
    assertThat(parse("--", "-a.json").config()).contains("-a.json");
    assertThat(parse("@a.json").config()).contains("@a.json");
    assertThat(parse("--", "@a.json").config()).contains("@a.json");
    assertThat(parse().config()).isEmpty();
    assertThat(parse("--").config()).isEmpty();
    assertThat(out.toString(UTF_8) + err.toString(UTF_8)).isEmpty();
  }

  @Test
  void helpGoesToStandardOutput() {
    assertThat(parse("--help").exit()).hasValue(0);
    assertThat(out).hasToString(USAGE);
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void theVersionGoesToStandardOutput() {
    assertThat(parse("--version").exit()).hasValue(0);
    assertThat(out.toString(UTF_8)).startsWith("redis-proxy ").hasLineCount(1);
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void helpIsGivenEvenBesideAFile() {
    assertThat(parse("a.json", "-h").exit()).hasValue(0);
    assertThat(out).hasToString(USAGE);
  }

  @Test
  void anUnknownOptionIsRefused() {
    assertThat(parse("--colour").exit()).hasValue(2);
    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(err).hasToString("Unknown option: '--colour'\n" + USAGE);
  }

  @Test
  void aSecondFileIsRefused() {
    assertThat(parse("a.json", "b.json").exit()).hasValue(2);
    assertThat(out.toString(UTF_8)).isEmpty();
    assertThat(err).hasToString("Unmatched argument at index 1: 'b.json'\n" + USAGE);
  }

  private Arguments parse(String... args) {
    return Arguments.parse(args, stream(out), stream(err));
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, UTF_8);
  }
}
