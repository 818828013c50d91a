package io.redisproxy.operator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real kubectl applies the manifests as they are, and applying them again changes nothing. */
class KubectlApplyTest {
  @TempDir Path folder;
  private ApiServer server;
  private Kubectl kubectl;

  @BeforeEach
  void start() throws Exception {
    // Older ones write their version in another way, and some don't know components.
    assumeThat(Kubectl.isOnPath() && version().contains("Version: v1."))
        .as("kubectl 1.28 or newer is installed")
        .isTrue();
    server = new ApiServer();
    server.tellKinds();
    kubectl = new Kubectl("kubectl", folder, List.of("--server=" + server.url()));
  }

  private String version() throws Exception {
    return new Kubectl("kubectl", folder, List.of()).run("version", "--client");
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  /**
   * Not the demo: kubectl patches a PodDisruptionBudget each time, by a strategic merge, and the
   * stand-in has none.
   */
  @Test
  void nothingIsWrittenTheSecondTime() throws Exception {
    String kustomization = "k8s/operator";
    int objects = kubectl.run("kustomize", kustomization).split("(?m)^kind: ").length - 1;
    apply(kustomization);
    server.writes().clear();

    List<String> again = apply(kustomization);

    assertThat(again).hasSize(objects).allMatch(line -> line.endsWith(" unchanged"));
    assertThat(server.writes()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"k8s/operator", "k8s/overlays/demo"})
  void theServerMayMergeThem(String kustomization) throws Exception {
    String manifests = kubectl.run("kustomize", kustomization);
    int objects = manifests.split("(?m)^kind: ").length - 1;
    assertThat(apply(kustomization, "--server-side"))
        .hasSize(objects)
        .allMatch(line -> line.endsWith(" serverside-applied"));
    List<HasMetadata> first = stored(manifests);

    apply(kustomization, "--server-side");

    assertThat(first).hasSize(objects);
    assertThat(stored(manifests)).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--server-side=false", "--server-side"})
  void aRedisProxyIsOfAKindThatItKnows(String way) throws Exception {
    String applied =
        kubectl.run(
            "apply",
            "--validate=false",
            "--namespace=redis",
            "--filename=k8s/operator/example.yaml",
            way);

    assertThat(applied).startsWith("redisproxy.redisproxy.io/cache ");
    assertThat(server.writes()).hasSize(1);
  }

  private List<String> apply(String kustomization, String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "apply",
                // The stand-in has no schemas.
                "--validate=false",
                "--kustomize=" + kustomization));
    arguments.addAll(List.of(more));
    return kubectl
        .run(arguments.toArray(String[]::new))
        .lines()
        .filter(line -> !line.startsWith("Warning: "))
        .toList();
  }

  /** Without what counts and times the writes themselves. */
  private List<HasMetadata> stored(String manifests) {
    try (KubernetesClient client = server.client()) {
      List<HasMetadata> stored =
          client.load(new ByteArrayInputStream(manifests.getBytes(UTF_8))).get();
      stored.forEach(object -> object.getMetadata().setResourceVersion(null));
      return stored;
    }
  }
}
