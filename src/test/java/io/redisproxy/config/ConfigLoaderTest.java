package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
  private static final String NODE = "{ \"host\": \"host01\", \"port\": 6379 }";
  private static final String LISTENER = "{ \"listen\": 6380, \"master\": " + NODE + " }";

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("listeners.json");
  }

  @Test
  void theExampleIsRead() {
    assertThat(ConfigLoader.load(Path.of("config/example_config.json")))
        .containsExactly(
            new ListenerConfig(
                6380, new NodeAddress("host01", 6378), List.of(new NodeAddress("host02", 6380))),
            new ListenerConfig(
                6381,
                new NodeAddress("host01", 6379),
                List.of(new NodeAddress("host02", 6380), new NodeAddress("host03", 6380))));
  }

  @Test
  void theSampleOfTheMessagesIsRight() throws IOException {
    assertThat(load(ConfigLoader.SAMPLE))
        .containsExactly(new ListenerConfig(6380, new NodeAddress("host01", 6379), List.of()));
  }

  @Test
  void replicasMayBeAbsentOrEmpty() throws IOException {
    assertThat(load("[ { \"listen\": 1, \"master\": " + NODE + ", \"slave\": [] } ]"))
        .singleElement()
        .extracting(ListenerConfig::replicas)
        .isEqualTo(List.of());
  }

  @Test
  void hostsMayBeAddresses() throws IOException {
    assertThat(
            load(
                """
                [ { "listen": 1, "master": { "host": "10.0.0.1", "port": 1 },
                    "slave": [ { "host": "fe80::1%eth0", "port": 65535 } ] } ]"""))
        .singleElement()
        .extracting(listener -> listener.master() + " " + listener.replicas())
        .isEqualTo("10.0.0.1:1 [[fe80::1%eth0]:65535]");
  }

  @Test
  void allMistakesOfAFileAreTold() throws IOException {
    assertThat(
            mistakes(
                """
                [ { "listen": 6380,
                    "master": { "host": "host01:6378", "port": 6378 },
                    "slaves": [] },
                  { "listen": 6380,
                    "master": { "host": "host01", "prot": 6379 },
                    "slave": [ { "host": "host02", "port": 70000 } ] } ]"""))
        .containsExactly(
            "listeners[0].slaves: unknown key; did you mean \"slave\"?",
            "listeners[0].master.host: \"host01:6378\" is not a host; write a name or an address"
                + " alone, such as \"host01\" or \"10.0.0.1\", and the port under \"port\"",
            "listeners[1].listen: 6380 is there already, as listeners[0].listen; give each"
                + " listener a port of its own",
            "listeners[1].master.prot: unknown key; did you mean \"port\"?",
            "listeners[1].slave[0].port: 70000 is not a port; use 1 to 65535");
  }

  @Test
  void theFileHasToHoldAnArray() throws IOException {
    assertThat(mistakes(LISTENER))
        .containsExactly(
            "listeners: an object is not an array of listeners; put brackets around it, [ ... ],"
                + " even for only one");
    assertThat(mistakes("6380"))
        .containsExactly(
            "listeners: 6380 is not an array of listeners; write it as " + ConfigLoader.SAMPLE);
    assertThat(mistakes("[]"))
        .containsExactly(
            "listeners: the array is empty; describe a listener, such as " + ConfigLoader.SAMPLE);
    assertThat(mistakes("[ [], null ]"))
        .containsExactly(
            "listeners[0]: an array is not a listener; write it as " + LISTENER,
            "listeners[1]: null is not a listener; write it as " + LISTENER);
  }

  @Test
  void keysAreNeeded() throws IOException {
    assertThat(mistakes("[ {} ]"))
        .containsExactly(
            "listeners[0]: \"listen\" is missing; add \"listen\": 6380",
            "listeners[0]: \"master\" is missing; add \"master\": " + NODE);
    assertThat(mistakes("[ { \"listen\": 1, \"master\": {} } ]"))
        .containsExactly(
            "listeners[0].master: \"host\" is missing; add \"host\": \"host01\"",
            "listeners[0].master: \"port\" is missing; add \"port\": 6379");
  }

  @Test
  void anUnknownKeyThatResemblesNoneGetsTheWholeList() throws IOException {
    assertThat(mistakes(withMaster(NODE.replace("{", "{ \"shoe\": 1,"))))
        .containsExactly(
            "listeners[0].master.shoe: unknown key; use " + String.join(", ", NodesParser.KEYS));
  }

  @Test
  void nodesHaveToBeObjectsInAnArray() throws IOException {
    assertThat(mistakes(withMaster("\"host01:6379\"")))
        .containsExactly("listeners[0].master: \"host01:6379\" is not a node; write it as " + NODE);
    assertThat(mistakes(withReplicas("null")))
        .containsExactly(
            "listeners[0].slave: null is not an array of nodes; write it as [ " + NODE + " ]");
    assertThat(mistakes(withReplicas(NODE)))
        .containsExactly(
            "listeners[0].slave: an object is not an array of nodes; put brackets around it,"
                + " [ ... ], even for only one");
  }

  @Test
  void portsAreWholeNumbersInRange() throws IOException {
    assertThat(port("0")).isEqualTo("0 is not a port; use 1 to 65535");
    assertThat(port("-1")).isEqualTo("-1 is not a port; use 1 to 65535");
    assertThat(port("99999999999999999999"))
        .isEqualTo("99999999999999999999 is not a port; use 1 to 65535");
    assertThat(port("6379.5"))
        .isEqualTo("6379.5 is not a port; use a whole number from 1 to 65535");
    assertThat(port("null")).isEqualTo("null is not a port; use a whole number from 1 to 65535");
    assertThat(port("{}")).isEqualTo("an object is not a port; use a whole number from 1 to 65535");
    assertThat(port("\"redis\""))
        .isEqualTo("\"redis\" is not a port; use a whole number from 1 to 65535");
    assertThat(port("\"6379\"")).isEqualTo("\"6379\" is text; write it without quotes, 6379");
  }

  @Test
  void hostsAreNamesOrAddressesAlone() throws IOException {
    for (String host :
        List.of(
            "\"\"",
            "\" \"",
            "\"host 01\"",
            "\"host01\\n\"",
            "\"host01:6379\"",
            "\"[::1]\"",
            "\"redis://host01\"",
            "\"host01,host02\"",
            "5",
            "null",
            "true")) {
      assertThat(mistakes(withMaster("{ \"host\": " + host + ", \"port\": 1 }")))
          .containsExactly(
              "listeners[0].master.host: "
                  + host
                  + " is not a host; write a name or an address alone, such as \"host01\" or"
                  + " \"10.0.0.1\", and the port under \"port\"");
    }
  }

  @Test
  void aLongValueIsShortenedInTheMessage() throws IOException {
    assertThat(port('"' + "x".repeat(1000) + '"'))
        .isEqualTo('"' + "x".repeat(59) + "... is not a port; use a whole number from 1 to 65535");
  }

  @Test
  void aServerIsNamedOnceInAListener() throws IOException {
    assertThat(
            mistakes(
                withReplicas(
                    """
                    [ { "host": "HOST01", "port": 6379 }, { "host": "host02", "port": 6379 },
                      { "host": "host02", "port": 6380 }, { "host": "host02", "port": 6379 } ]""")))
        .containsExactly(
            "listeners[0].slave[0]: HOST01:6379 is there already, as listeners[0].master; remove"
                + " one of them",
            "listeners[0].slave[3]: host02:6379 is there already, as listeners[0].slave[1]; remove"
                + " one of them");
  }

  @Test
  void aKeyIsGivenOnce() throws IOException {
    assertThat(
            mistakes(
                """
                [ { "listen": 6380,
                    "master": { "host": "host01", "port": 6379, "port": 6379 },
                    "listen": 0 } ]"""))
        .containsExactly(
            "listeners[0].master.port: the key is there again at line 2, column 49; keep one of"
                + " them",
            "listeners[0].listen: the key is there again at line 3, column 5; keep one of them");
  }

  @Test
  void whatIsNotJsonIsToldWithLineAndColumn() throws IOException {
    assertThat(mistakes("[\n  { \"listen\": 6380, }\n]"))
        .containsExactly(
            "line 2, column 21: not JSON: Unexpected character ('}' (code 125)): was expecting"
                + " double-quote to start field name; check the commas, quotes and brackets up to"
                + " here");
    assertThat(mistakes("[\n  {"))
        .containsExactly(
            "line 2, column 4: not JSON: Unexpected end-of-input: expected close marker for Object"
                + " (start marker at line: 2, column: 3); check the commas, quotes and brackets up"
                + " to here");
    assertThat(mistakes("[".repeat(5000)))
        .singleElement()
        .asString()
        .startsWith("line 1, column 1002: not JSON: Document nesting depth (1001) exceeds");
  }

  @Test
  void nothingMayFollowTheArray() throws IOException {
    for (String garbage : List.of("x", "]", "[]", ",")) {
      assertThat(mistakes(ConfigLoader.SAMPLE + "\n" + garbage))
          .containsExactly("line 2, column 1: there is more after the end of the JSON; remove it");
    }
  }

  @Test
  void anEmptyFileIsTold() throws IOException {
    for (String text : List.of("", " \n")) {
      assertThat(mistakes(text))
          .containsExactly(
              "file: empty; write an array of listeners, such as " + ConfigLoader.SAMPLE);
    }
  }

  @Test
  void aFileThatCannotBeReadIsTold() {
    assertThat(messageOf(file))
        .isEqualTo(
            "The configuration %s can't be used:\n  file: not found; check the path, here it is %s"
                .formatted(file, file.toAbsolutePath()));
    assertThat(messageOf(folder))
        .isEqualTo(
            "The configuration %s can't be used:\n  file: this is a directory; name the JSON file in it"
                .formatted(folder));
  }

  private static String withMaster(String master) {
    return "[ { \"listen\": 6380, \"master\": " + master + " } ]";
  }

  private static String withReplicas(String replicas) {
    return "[ { \"listen\": 6380, \"master\": " + NODE + ", \"slave\": " + replicas + " } ]";
  }

  /** What is said of a value where a port should be. */
  private String port(String json) throws IOException {
    String place = "listeners[0].master.port: ";
    return mistakes(withMaster("{ \"host\": \"host01\", \"port\": " + json + " }")).stream()
        .map(line -> line.substring(line.indexOf(place) + place.length()))
        .reduce((a, b) -> a + "\n" + b)
        .orElseThrow();
  }

  private List<ListenerConfig> load(String json) throws IOException {
    Files.writeString(file, json, StandardCharsets.UTF_8);
    return ConfigLoader.load(file);
  }

  private List<String> mistakes(String json) throws IOException {
    Files.writeString(file, json, StandardCharsets.UTF_8);
    List<String> lines = messageOf(file).lines().toList();
    assertThat(lines.get(0)).isEqualTo("The configuration " + file + " can't be used:");
    return lines.stream().skip(1).map(String::strip).toList();
  }

  private static String messageOf(Path file) {
    return catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file)).getMessage();
  }
}
