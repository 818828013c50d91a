package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redisproxy.fixture.RedisGroup;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** redis-cli and redis-benchmark, where they are installed, as at a server. */
class RedisToolsTest {
  private static RedisGroup group;
  private static TestProxy proxy;
  @TempDir Path folder;

  @BeforeAll
  static void start() {
    assumeTrue(isInstalled("redis-cli") && isInstalled("redis-benchmark"));
    group = RedisGroup.start(2);
    proxy = TestProxy.start(group);
  }

  private static boolean isInstalled(String tool) {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(each -> Files.isExecutable(Path.of(each, tool)));
  }

  @AfterAll
  static void stop() {
    if (proxy != null) {
      proxy.close();
      group.close();
    }
  }

  @BeforeEach
  void empty() {
    group.flushAll();
  }

  @Test
  void aPipeLoadsAFileOfRequests() throws Exception {
    int sets = 100_000;
    Path requests = folder.resolve("requests");
    Files.writeString(
        requests,
        String.join("", IntStream.range(0, sets).mapToObj(i -> "SET k" + i + " v\r\n").toList())
            + "LPUSH k1 x\r\n");
    assertThat(run(requests, "redis-cli", "--pipe"))
        .contains("WRONGTYPE", "errors: 1, replies: " + (sets + 1));
    assertThat(group.call(group.master(), "DBSIZE")).isEqualTo((long) sets);
  }

  @Test
  void keysAreScanned() throws Exception {
    group.call(group.master(), "MSET", "a:1", "x", "a:2", "x", "b:1", "x");
    group.awaitInSync();
    assertThat(run(null, "redis-cli", "--scan", "--pattern", "a:*").split("\n"))
        .containsExactlyInAnyOrder("a:1", "a:2");
  }

  @Test
  void bigKeysAreFound() throws Exception {
    group.call(group.master(), "SET", "large", "x".repeat(10_000));
    group.call(group.master(), "RPUSH", "list", "1", "2", "3");
    group.awaitInSync();
    for (String option : List.of("--bigkeys", "--memkeys")) {
      assertThat(run(null, "redis-cli", option))
          .contains("Sampled 2 keys in the keyspace!", "\"large\"", "\"list\"");
    }
  }

  @Test
  void statisticsAreShownOnceASecond() throws Exception {
    Process stat = start(null, "redis-cli", "--stat", "-i", "0.1");
    List<String> lines = new ArrayList<>();
    try (var reader = stat.inputReader()) {
      for (int i = 0; i < 5; i++) {
        lines.add(reader.readLine());
      }
    } finally {
      stat.destroyForcibly();
    }
    assertThat(lines.get(1)).startsWith("keys");
    assertThat(lines.get(4)).matches("\\d+ +[0-9.]+[MGK] +\\d+ .*");
  }

  @Test
  void latencyIsMeasured() throws Exception {
    assertThat(run(null, "redis-cli", "--latency", "--raw", "-i", "1")).matches("(?s)\\d+ .*");
  }

  @Test
  void aTypedSessionIsAnsweredAsAtAServer() throws Exception {
    Path typed = folder.resolve("typed");
    Files.writeString(
        typed,
        """
        set a 1
        incr a
        hello 3
        hset h f 1
        hgetall h
        multi
        get a
        exec
        subscribe
        select 1
        get a
        select 0
        object encoding a
        keys a
        nosuch
        get 'a
        """);
    String atServer =
        withoutNumbers(run(typed, group.master().port(), List.of("redis-cli")).output());
    group.flushAll();
    assertThat(withoutNumbers(run(typed, "redis-cli"))).isEqualTo(atServer);
  }

  private static String withoutNumbers(String text) {
    return text.replaceAll("(?m)^id \\d+$", "id");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-c 20", "-c 20 -P 16", "-c 20 --threads 2"})
  void theBenchmarkRunsAllItsTests(String options) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("redis-benchmark", "--csv", "-n", "1000", "-r", "99"));
    command.addAll(List.of(options.split(" ")));
    Result result = run(null, proxy.port(), command);
    assertThat(result.status()).isZero();
    assertThat(result.output())
        .contains("\"PING_INLINE\"", "\"SET\"", "\"SPOP\"", "\"LRANGE_600", "\"MSET (10 keys)\"")
        .doesNotContain("rror");
  }

  private record Result(int status, String output) {}

  private static String run(Path input, String... command) throws Exception {
    Result result = run(input, proxy.port(), List.of(command));
    return result.output();
  }

  private static Result run(Path input, int port, List<String> command) throws Exception {
    Process process = start(input, port, command);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return new Result(process.exitValue(), output);
  }

  private static Process start(Path input, String... command) throws IOException {
    return start(input, proxy.port(), List.of(command));
  }

  private static Process start(Path input, int port, List<String> command) throws IOException {
    List<String> line = new ArrayList<>(List.of(command.get(0), "-p", "" + port));
    line.addAll(command.subList(1, command.size()));
    return new ProcessBuilder(line)
        .redirectErrorStream(true)
        .redirectInput(
            input == null
                ? ProcessBuilder.Redirect.from(new File("/dev/null"))
                : ProcessBuilder.Redirect.from(input.toFile()))
        .start();
  }
}
