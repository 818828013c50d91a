package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a listener says of requests whose node fails. */
class ResilienceParserTest {
  @TempDir private Path folder;

  @Test
  void allOfItCanBeSaid() throws IOException {
    assertThat(
            load(
                "'readTimeout': '300ms', 'readAttempts': 2, 'masterFallback': '100/s',"
                    + " 'holdWrites': '5s',"
                    + " 'hedge': { 'quantile': 0.9, 'floor': '3ms', 'maxPercent': 20 }"))
        .isEqualTo(
            new Resilience(
                Duration.ofMillis(300),
                2,
                new MasterFallback(100),
                Duration.ofSeconds(5),
                Optional.of(new Hedge(0.9, Duration.ofMillis(3), 20))));
  }

  @Test
  void nothingNeedBeSaid() throws IOException {
    assertThat(load("'slave': []")).isEqualTo(Resilience.DEFAULT);
  }

  @Test
  void theMasterMayTakeAnyReadOrNoneAndNothingMayWait() throws IOException {
    assertThat(load("'masterFallback': 'always'").masterFallback().isLimited()).isFalse();
    assertThat(load("'masterFallback': 'never'").masterFallback()).isEqualTo(MasterFallback.NEVER);
    assertThat(load("'holdWrites': '0s'").holdWrites()).isZero();
    assertThat(load("'hedge': {}").hedge()).contains(Hedge.DEFAULT);
    assertThat(load("'readTimeout': '2m'").readTimeout()).isEqualTo(Duration.ofMinutes(2));
  }

  @Test
  void mistakesAreToldWithTheirRemedies() throws IOException {
    Path file =
        write(
            "'readTimeout': '0s', 'readAttempts': 11, 'masterFallback': '100', 'holdWrites': 2000,"
                + " 'hedge': { 'quantile': 99, 'maxPercents': 5 }");
    String message =
        catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file)).getMessage();
    assertThat(message.lines().skip(1).map(String::strip))
        .containsExactly(
            "listeners[0].readTimeout: \"0s\" is too short; use 1ms or more",
            "listeners[0].readAttempts: 11 is not such a number; use a whole number from 1 to 10",
            "listeners[0].masterFallback: \"100\" is not a share of the master; use"
                + " \"always\", \"never\", or reads in a second such as \"1000/s\"",
            "listeners[0].holdWrites: 2000 is not a time; write it in quotes, such as"
                + " \"500ms\" or \"2s\"",
            "listeners[0].hedge.maxPercents: unknown key; did you mean \"maxPercent\"?",
            "listeners[0].hedge.quantile: 99 is not such a number; use one from 0.5 to 0.9999");
  }

  private Resilience load(String said) throws IOException {
    return ConfigLoader.load(write(said)).get(0).resilience();
  }

  private Path write(String said) throws IOException {
    return Files.writeString(
        folder.resolve("listeners.json"),
        ("[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, " + said + " } ]")
            .replace('\'', '"'));
  }
}
