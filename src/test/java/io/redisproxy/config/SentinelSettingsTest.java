package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A listener whose servers are told by Sentinels. */
class SentinelSettingsTest {
  private static final String NODES = "'nodes': [ { 'host': 'host01', 'port': 26379 } ]";

  @TempDir Path folder;

  @Test
  void theExampleIsRead() {
    ListenerConfig listener = ConfigLoader.load(Path.of("config/example_sentinel.json")).get(0);

    assertThat(listener.master()).isNull();
    assertThat(listener.replicas()).isEmpty();
    assertThat(listener.sentinel())
        .contains(
            new SentinelConfig(
                "mymaster",
                List.of(
                    new NodeAddress("host01", 26379),
                    new NodeAddress("host02", 26379),
                    new NodeAddress("host03", 26379)),
                Optional.of(new Credentials("default", "password of the Sentinels"))));
    assertThat(listener.credentials())
        .contains(new Credentials("default", "password of the servers"));
    assertThat(listener.toString()).doesNotContain("password of the Sentinels");
  }

  @Test
  void theServersComeFromTheSentinelsOrFromTheListButNotFromBoth() throws IOException {
    assertThat(
            mistakes(
                "'sentinel': { 'service': 'mymaster', "
                    + NODES
                    + " }, 'master': { 'host': 'host01', 'port': 6379 }"))
        .containsExactly(
            "listeners[0].sentinel: \"master\" is there too, which the Sentinels would tell; keep"
                + " one");
    assertThat(mistakes("'sentinel': { 'service': 'mymaster', " + NODES + " }, 'slave': []"))
        .containsExactly(
            "listeners[0].sentinel: \"slave\" is there too, which the Sentinels would tell; keep"
                + " one");
    assertThat(mistakes("'sentinels': {}"))
        .containsExactly("listeners[0].sentinels: unknown key; did you mean \"sentinel\"?");
  }

  @Test
  void whatIsMissingIsTold() throws IOException {
    assertThat(mistakes("'sentinel': {}"))
        .containsExactly(
            "listeners[0].sentinel: \"service\" is missing; add \"service\": \"mymaster\"",
            "listeners[0].sentinel: \"nodes\" is missing; add \"nodes\": [ { \"host\": \"host01\","
                + " \"port\": 26379 } ]");
    assertThat(mistakes("'sentinel': { 'service': '', 'nodes': [] }"))
        .containsExactly(
            "listeners[0].sentinel.service: \"\" is not the name of a service; write the one of"
                + " \"sentinel monitor\" in sentinel.conf, such as \"mymaster\"",
            "listeners[0].sentinel.nodes: the array is empty; name at least one Sentinel, such as"
                + " { \"host\": \"host01\", \"port\": 26379 }");
    assertThat(mistakes("'sentinel': { 'service': 'a', 'nodes': [ { 'host': 'host01' } ] }"))
        .containsExactly(
            "listeners[0].sentinel.nodes[0]: \"port\" is missing; add \"port\": 26379");
  }

  @Test
  void aSentinelIsNamedOnce() throws IOException {
    assertThat(
            mistakes(
                "'sentinel': { 'service': 'a', 'nodes': [ { 'host': 'host01', 'port': 1 },"
                    + " { 'host': 'HOST01', 'port': 1 } ] }"))
        .containsExactly(
            "listeners[0].sentinel.nodes[1]: HOST01:1 is there already, as"
                + " listeners[0].sentinel.nodes[0]; remove one of them");
  }

  private List<String> mistakes(String keys) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("listeners.json"),
            ("[ { 'listen': 6380, " + keys + " } ]").replace('\'', '"'));
    ConfigException refused =
        catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file));
    return refused.getMessage().lines().skip(1).map(String::strip).toList();
  }
}
