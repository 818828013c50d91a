package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
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
  void whatIsAskedForAgainIsReadAsCommandsAndPrefixes() throws IOException {
    assertThat(listener("'nilRecheck': [ 'get', 'OBJECT|ENCODING', 'user:*', 'a*b*', '\\u00e9*' ]"))
        .extracting(ListenerConfig::nilRecheck)
        .isEqualTo(
            new NilRecheck(Set.of("GET", "OBJECT ENCODING"), Set.of("user:", "a*b", "\u00e9")));
    assertThat(listener("'nilRecheck': [ '*' ]").nilRecheck().prefixes()).containsExactly("");
    assertThat(listener("'nilRecheck': [ ]").nilRecheck()).isEqualTo(NilRecheck.NONE);
    ConfigException refused =
        catchThrowableOfType(
            ConfigException.class,
            () -> listener("'nilRecheck': [ 'GET', 'get', 'a:*', 'a:*', 1, 'user: ' ]"));
    assertThat(refused.getMessage())
        .contains(
            "listeners[0].nilRecheck[1]: GET is there already, as listeners[0].nilRecheck[0];"
                + " remove one of them",
            "listeners[0].nilRecheck[3]: \"a:*\" is there already, as"
                + " listeners[0].nilRecheck[2]; remove one of them",
            "listeners[0].nilRecheck[4]: 1 is neither a command nor what keys begin with; write it"
                + " as \"GET\" or \"session:*\"",
            "listeners[0].nilRecheck[5]: \"user: \" is not the name of a command");
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

  private ListenerConfig listener(String listener) throws IOException {
    return listener("'weight': 1", "'weight': 1", listener);
  }

  private ReadPreference load(String master, String replica, String listener) throws IOException {
    return listener(master, replica, listener).reads();
  }

  private ListenerConfig listener(String master, String replica, String listener)
      throws IOException {
    String json =
        """
        [ { 'listen': 6380,
            'master': { 'host': 'host01', 'port': 6379, %s },
            'slave': [ { 'host': 'host02', 'port': 6379, %s } ], %s } ]"""
            .formatted(master, replica, listener)
            .replace('\'', '"');
    return ConfigLoader.load(Files.writeString(folder.resolve("listeners.json"), json)).get(0);
  }
}
