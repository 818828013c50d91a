package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program as users start it; here it always ends by itself, as nothing is right. */
class MainIT {
  private static final Path JAR = Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath();
  private static final String EXAMPLE =
      Path.of("config/example_config.json").toAbsolutePath().toString();

  @TempDir Path folder;
  private Path out;
  private Path err;

  @BeforeEach
  void nameOutput() {
    out = folder.resolve("out");
    err = folder.resolve("err");
  }

  @Test
  void theVersionIsTheOneOfTheBuild() throws Exception {
    assertThat(run(Map.of(), List.of(), "--version")).isZero();
    assertThat(Files.readString(out)).matches("redis-proxy \\d+\\.\\d+\\.\\d+\\S*\\R");
    assertThat(err).isEmptyFile();
  }

  @Test
  void wrongUsageEndsWithStatus2() throws Exception {
    assertThat(run(Map.of(), List.of(), "--colour")).isEqualTo(2);
    assertThat(out).isEmptyFile();
    assertThat(err).content().startsWith("Unknown option: '--colour'").contains("Usage:");
  }

  @Test
  void withoutConfigurationTheUserIsToldHowToGiveOne() throws Exception {
    assertThat(run(Map.of(), List.of())).isEqualTo(1);
    assertThat(out).isEmptyFile();
    assertThat(err)
        .hasContent(
            """
            No configuration. Name the JSON file that lists the listeners in one of these ways:
              java -jar quarkus-run.jar listeners.json
              java -Dredis-proxy.config=listeners.json -jar quarkus-run.jar
              REDIS_PROXY_CONFIG=listeners.json java -jar quarkus-run.jar
            The shortest such file is [ { "listen": 6380, "master": { "host": "host01", "port": 6379 } } ]
            """);
  }

  @Test
  void theArgumentGoesBeforePropertyThenEnvironmentThenFile() throws Exception {
    Files.createDirectory(folder.resolve("config"));
    Files.writeString(
        folder.resolve("config/application.properties"), "redis-proxy.config=in-file\n");
    Map<String, String> environment = Map.of("REDIS_PROXY_CONFIG", "in-environment");
    List<String> property = List.of("-Dredis-proxy.config=in-property");

    run(environment, property, "in-argument");
    assertThat(err).content().startsWith("The configuration in-argument can't be used:");
    run(environment, property);
    assertThat(err).content().startsWith("The configuration in-property can't be used:");
    run(environment, List.of());
    assertThat(err).content().startsWith("The configuration in-environment can't be used:");
    run(Map.of(), List.of());
    assertThat(err).content().startsWith("The configuration in-file can't be used:");
  }

  @Test
  void mistakesInTheFileEndItBeforeAnythingIsStarted() throws Exception {
    Path file = Files.writeString(folder.resolve("listeners.json"), "[ { \"listen\": 0 } ]");

    assertThat(run(Map.of(), List.of(), file.toString())).isEqualTo(1);
    assertThat(out).isEmptyFile();
    assertThat(err)
        .hasContent(
            """
            The configuration %s can't be used:
              listeners[0].listen: 0 is not a port; use 1 to 65535
              listeners[0]: "master" is missing; add "master": { "host": "host01", "port": 6379 }
            """
                .formatted(file));
  }

  @Test
  void aFailureWhileStartingEndsItWithItsMessageAlone() throws Exception {
    assertThat(run(Map.of(), List.of("-Dredis-proxy.node.reconnect-min=3s"), EXAMPLE)).isEqualTo(1);
    assertThat(out).isEmptyFile();
    assertThat(err)
        .hasContent(
            """
            The settings can't be used:
              redis-proxy.node.reconnect-min: 3s is more than the 2s of redis-proxy.node.reconnect-max; lower the one or raise the other
            """);
  }

  private int run(Map<String, String> environment, List<String> options, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dquarkus.http.port=0");
    command.addAll(options);
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().remove("REDIS_PROXY_CONFIG");
    builder.environment().putAll(environment);
    return builder.start().waitFor();
  }
}
