package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a listener can say of the checks of its servers. */
class HealthSettingsTest {
  @TempDir Path folder;

  @Test
  void allOfItIsRead() throws IOException {
    HealthLimits limits =
        load(
            """
            'maxLagBytes': 1000000, 'maxLagSeconds': 5, 'probeInterval': '500ms',
            'probeTimeout': '2s', 'unhealthyAfter': 3, 'healthyAfter': 1, 'staleGrace': '1m'""");

    assertThat(limits)
        .isEqualTo(
            new HealthLimits(
                1_000_000,
                Duration.ofSeconds(5),
                Optional.of(Duration.ofMillis(500)),
                Optional.of(Duration.ofSeconds(2)),
                3,
                1,
                Duration.ofMinutes(1)));
    assertThat(load("'staleGrace': '0s'").staleGrace()).isZero();
  }

  @Test
  void allMistakesAreToldWithARemedy() throws IOException {
    assertThat(
            mistakes(
                """
                'maxLagBytes': '64M', 'maxLagSeconds': 0, 'probeInterval': '0ms',
                'probeTimeout': 5, 'unhealthyAfter': 1.5, 'healthyAfter': 101, 'staleGrce': '1s'"""))
        .containsExactly(
            "listeners[0].staleGrce: unknown key; did you mean \"staleGrace\"?",
            "listeners[0].maxLagBytes: \"64M\" is not such a number; use a whole number from 1 to"
                + " 1125899906842624",
            "listeners[0].maxLagSeconds: 0 is not such a number; use a whole number from 1 to 86400",
            "listeners[0].probeInterval: \"0ms\" is too short; use 1ms or more",
            "listeners[0].probeTimeout: 5 is not a time; write it in quotes, such as \"500ms\" or"
                + " \"2s\"",
            "listeners[0].unhealthyAfter: 1.5 is not such a number; use a whole number from 1 to"
                + " 100",
            "listeners[0].healthyAfter: 101 is not such a number; use a whole number from 1 to 100");
  }

  @Test
  void aTimeThatIsLongerThanADayIsRefused() throws IOException {
    assertThat(load("'probeInterval': '1440m'").probeInterval()).contains(Duration.ofDays(1));
    assertThat(mistakes("'probeInterval': '99999999m', 'staleGrace': '1441m'"))
        .containsExactly(
            "listeners[0].probeInterval: \"99999999m\" is too long; use 1440m or less",
            "listeners[0].staleGrace: \"1441m\" is too long; use 1440m or less");
  }

  private HealthLimits load(String keys) throws IOException {
    return ConfigLoader.load(file(keys)).get(0).health();
  }

  private List<String> mistakes(String keys) throws IOException {
    Path file = file(keys);
    return catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file))
        .getMessage()
        .lines()
        .skip(1)
        .map(String::strip)
        .toList();
  }

  private Path file(String keys) throws IOException {
    String json = "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, %s } ]";
    return Files.writeString(
        folder.resolve("listeners.json"), json.formatted(keys).replace('\'', '"'));
  }
}
