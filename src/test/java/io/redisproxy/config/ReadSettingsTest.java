package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a listener can say of where its reads go. */
class ReadSettingsTest {
  private static final NodeAddress MASTER = new NodeAddress("host01", 6379);
  private static final NodeAddress REPLICA = new NodeAddress("host02", 6379);

  @TempDir Path folder;

  @Test
  void allOfItIsRead() throws IOException {
    ReadPreference reads =
        load(
            "'weight': 2",
            "'weight': 0, 'zone': 'eu-west-1a'",
            "'readPolicy': 'least-pending', 'includeMaster': true, 'touchMaster': true");

    assertThat(reads)
        .isEqualTo(
            new ReadPreference(
                ReadPolicy.LEAST_PENDING,
                true,
                true,
                Map.of(MASTER, 2, REPLICA, 0),
                Map.of(REPLICA, "eu-west-1a")));
    assertThat(reads.weightOf(new NodeAddress("host03", 6379))).isEqualTo(1);
    assertThat(reads.zoneOf(MASTER)).isEmpty();
  }

  @Test
  void allMistakesAreToldWithARemedy() {
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class,
            () ->
                load(
                    "'zone': ''",
                    "'weight': 101, 'zone': 1",
                    "'readPolicy': 'sticki', 'includeMaster': 'yes'"));

    assertThat(refused.getMessage())
        .contains(
            "listeners[0].master.zone: \"\" is not a zone; write its name in quotes, such as"
                + " \"eu-west-1a\"",
            "listeners[0].slave[0].weight: 101 is not such a number; use a whole number from 0 to"
                + " 100",
            "listeners[0].slave[0].zone: 1 is not a zone; write its name in quotes, such as"
                + " \"eu-west-1a\"",
            "listeners[0].readPolicy: \"sticki\" is not one of the words for it; did you mean"
                + " \"sticky\"?",
            "listeners[0].includeMaster: \"yes\" is neither true nor false; write one of them,"
                + " without quotes");
  }

  private ReadPreference load(String master, String replica, String listener) throws IOException {
    String json =
        """
        [ { 'listen': 6380,
            'master': { 'host': 'host01', 'port': 6379, %s },
            'slave': [ { 'host': 'host02', 'port': 6379, %s } ], %s } ]"""
            .formatted(master, replica, listener)
            .replace('\'', '"');
    return ConfigLoader.load(Files.writeString(folder.resolve("listeners.json"), json))
        .get(0)
        .reads();
  }
}
