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

/** A listener whose servers are pods that are looked for. */
class KubernetesSettingsTest {
  @TempDir Path folder;

  @Test
  void podsAreSelectedByTheirLabels() throws IOException {
    ListenerConfig listener =
        ConfigLoader.load(
                file(
                    "'kubernetes': { 'namespace': 'redis', 'selector': 'app=redis,tier in (a, b)',"
                        + " 'roleLabel': 'example.com/role', 'port': 6390 }"))
            .get(0);

    assertThat(listener.kubernetes())
        .contains(
            new KubernetesConfig(
                Optional.of("redis"),
                Optional.of("app=redis,tier in (a, b)"),
                Optional.empty(),
                Optional.of("example.com/role"),
                Optional.of(6390)));
    assertThat(listener.nodes()).isEmpty();
    assertThat(listener.mayHaveReplicas()).isTrue();
  }

  @Test
  void orByTheirService() throws IOException {
    assertThat(ConfigLoader.load(file("'kubernetes': { 'service': 'redis' }")).get(0).kubernetes())
        .contains(
            new KubernetesConfig(
                Optional.empty(),
                Optional.empty(),
                Optional.of("redis"),
                Optional.empty(),
                Optional.empty()));
  }

  @Test
  void mistakesAreToldWithTheirPlace() throws IOException {
    assertThat(mistakes("'kubernetes': {}"))
        .containsExactly(
            "listeners[0].kubernetes: it selects no pods; write either the labels of the pods,"
                + " such as { \"selector\": \"app=redis\" }, or the Service that they are"
                + " endpoints of");
    assertThat(mistakes("'kubernetes': { 'selector': 'a=b', 'service': 'redis' }"))
        .singleElement()
        .asString()
        .startsWith("listeners[0].kubernetes: it has both \"selector\" and \"service\"");
    assertThat(mistakes("'kubernetes': { 'service': 'My Redis' }"))
        .containsExactly(
            "listeners[0].kubernetes.service: \"My Redis\" is not the name of a Service; write it"
                + " as \"redis\"");
    assertThat(mistakes("'kubernetes': { 'service': 'redis' }, 'slave': []"))
        .containsExactly(
            "listeners[0].kubernetes: \"slave\" is there too, which Kubernetes would tell; keep"
                + " one");
  }

  private List<String> mistakes(String keys) throws IOException {
    Path file = file(keys);
    return catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(file)).mistakes();
  }

  private Path file(String keys) throws IOException {
    return Files.writeString(
        folder.resolve("listeners.json"),
        ("[ { 'listen': 6380, " + keys + " } ]").replace('\'', '"'));
  }
}
