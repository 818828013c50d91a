package io.redisproxy.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is committed under {@code k8s/base} is what the build generates, and what kubectl makes of
 * it would be taken by a cluster. With {@code -Dk8s.update} the files are written anew instead.
 */
class KubernetesKustomizationIT {
  private static final Path FOLDER = Path.of("k8s");
  private static final Path BASE = FOLDER.resolve("base");
  private static final Path DEMO = FOLDER.resolve("overlays/demo");
  private static final String LISTENERS = "redis-proxy-listeners";
  private static final String HEADER =
      "# Written by the build, see kustomization.yaml; don't edit.\n";

  @TempDir Path folder;

  @BeforeAll
  static void update() throws IOException {
    if (System.getProperty("k8s.update") != null) {
      for (Map.Entry<String, String> file : expected().entrySet()) {
        Files.writeString(BASE.resolve(file.getKey()), file.getValue());
      }
    }
  }

  @Test
  void filesAreThoseOfTheBuild() throws Exception {
    Map<String, String> expected = expected();

    assertThat(strings(kustomization(BASE).path("resources")))
        .containsExactlyInAnyOrderElementsOf(expected.keySet());
    for (Map.Entry<String, String> file : expected.entrySet()) {
      assertThat(BASE.resolve(file.getKey()))
          .as("written anew by ./mvnw verify -Dk8s.update")
          .hasContent(file.getValue());
    }
  }

  @Test
  void listenersAreThoseOfTheBuildAndOfTheExample() throws Exception {
    JsonNode configMap =
        Manifests.generated().stream()
            .filter(KubernetesKustomizationIT::isListeners)
            .findAny()
            .orElseThrow();
    for (Path each : List.of(FOLDER, DEMO)) {
      JsonNode generator = kustomization(each).at("/configMapGenerator/0");
      assertThat(generator.path("name").textValue()).isEqualTo(LISTENERS);
      assertThat(strings(generator.path("files"))).containsExactly("listeners.json");
      assertThat(generator.at("/options/labels")).isEqualTo(configMap.at("/metadata/labels"));
    }
    String example = Files.readString(Path.of("config/example_config.json"));
    assertThat(configMap.at("/data/listeners.json").textValue()).isEqualTo(example);
    assertThat(FOLDER.resolve("listeners.json")).hasContent(example);
  }

  @Test
  void kubectlMakesTheSameObjectsOfIt() throws Exception {
    assertThat(texts(Manifests.parse(kustomize(FOLDER)))).isEqualTo(texts(Manifests.generated()));
  }

  @Test
  void theDemoHasTheServersThatItsListenersName() throws Exception {
    Map<String, JsonNode> objects = byName(Manifests.parse(kustomize(DEMO)));
    for (JsonNode object : objects.values()) {
      Models.read(object);
      assertThat(object.at("/metadata/namespace").asText("redis-proxy-demo"))
          .isEqualTo("redis-proxy-demo");
    }
    JsonNode redis = objects.get("StatefulSet redis");
    JsonNode service = objects.get("Service redis");

    assertThat(redis.at("/spec/serviceName")).isEqualTo(service.at("/metadata/name"));
    assertThat(redis.at("/spec/template/metadata/labels"))
        .isEqualTo(service.at("/spec/selector"))
        .isEqualTo(redis.at("/spec/selector/matchLabels"));
    List<ListenerConfig> listeners = ConfigLoader.load(DEMO.resolve("listeners.json"));
    assertThat(listeners)
        .extracting(ListenerConfig::port)
        .isSubsetOf(
            objects.get("Service redis-proxy").at("/spec/ports").findValues("port").stream()
                .map(JsonNode::intValue)
                .toList());
    for (ListenerConfig listener : listeners) {
      assertThat(listener.master().toString()).isEqualTo("redis-0.redis:6379");
      assertThat(listener.replicas())
          .extracting(Object::toString)
          .containsExactly("redis-1.redis:6379", "redis-2.redis:6379");
      assertThat(listener.replicas()).hasSize(redis.at("/spec/replicas").intValue() - 1);
    }
  }

  @Test
  void theOperatorIsInstalledByKustomize() throws Exception {
    Map<String, JsonNode> objects = byName(Manifests.parse(kustomize(FOLDER.resolve("operator"))));
    assertThat(objects.keySet())
        .contains(
            "CustomResourceDefinition redisproxies.redisproxy.io",
            "Deployment redis-proxy-operator",
            "Namespace redis-proxy-system");
    assertThat(objects.get("Role redis-proxy-operator").at("/metadata/namespace").asText())
        .isEqualTo("redis-proxy-system");
    assertThat(objects.get("ClusterRoleBinding redisproxy-zones").has("subjects")).isFalse();
  }

  @Test
  void componentsFitTheBase() throws Exception {
    Manifests.writeWithAllComponents(folder, "servers");
    Map<String, JsonNode> objects = byName(Manifests.parse(kustomize(folder)));
    // Kubernetes itself has no models of these kinds.
    JsonNode monitor = objects.remove("ServiceMonitor redis-proxy");
    assertThat(objects.remove("PrometheusRule redis-proxy")).isNotNull();
    for (JsonNode object : objects.values()) {
      Models.read(object);
    }
    JsonNode service = objects.get("Service redis-proxy");
    JsonNode pod = objects.get("Deployment redis-proxy").at("/spec/template/spec");

    assertThat(pod.at("/automountServiceAccountToken").booleanValue()).isTrue();
    assertThat(objects.get("RoleBinding redis-proxy").at("/subjects/0/name"))
        .isEqualTo(pod.at("/serviceAccountName"))
        .isEqualTo(objects.get("ServiceAccount redis-proxy").at("/metadata/name"));
    assertThat(objects.get("RoleBinding redis-proxy").at("/roleRef/name"))
        .isEqualTo(objects.get("Role redis-proxy").at("/metadata/name"));
    JsonNode zones = objects.get("ClusterRoleBinding redis-proxy-zones");
    assertThat(zones.at("/subjects/0/name")).isEqualTo(pod.at("/serviceAccountName"));
    // Without a namespace, or with another one, the right would be somebody else's.
    assertThat(zones.at("/subjects/0/namespace").textValue()).isEqualTo("servers");
    assertThat(zones.at("/roleRef/name"))
        .isEqualTo(objects.get("ClusterRole redis-proxy-zones").at("/metadata/name"));
    assertThat(pod.at("/volumes").findValuesAsText("secretName"))
        .containsExactly("redis-proxy-tls");
    assertThat(pod.at("/containers/0/volumeMounts").findValuesAsText("mountPath"))
        .contains("/etc/redis-proxy-tls");
    assertThat(monitor.at("/spec/selector/matchLabels"))
        .isEqualTo(service.at("/spec/selector"))
        .isEqualTo(objects.get("Deployment redis-proxy").at("/spec/selector/matchLabels"));
    assertThat(service.at("/metadata/labels").properties())
        .containsAll(monitor.at("/spec/selector/matchLabels").properties());
    assertThat(service.at("/spec/ports").findValuesAsText("name"))
        .contains(monitor.at("/spec/endpoints/0/port").textValue());
    assertThat(objects.get("Deployment redis-proxy").at("/spec/replicas").isMissingNode()).isTrue();
    assertThat(objects.get("HorizontalPodAutoscaler redis-proxy").at("/spec/scaleTargetRef/name"))
        .isEqualTo(objects.get("Deployment redis-proxy").at("/metadata/name"));
  }

  /** Older ones write their version in another way, and some don't know components. */
  private static String kustomize(Path kustomization) throws Exception {
    assumeThat(isOnPath("kubectl") && kubectl("version", "--client").contains("Version: v1."))
        .as("kubectl 1.28 or newer is installed")
        .isTrue();
    return kubectl("kustomize", kustomization.toString());
  }

  private static String kubectl(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    Process kubectl =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(kubectl.getInputStream().readAllBytes(), UTF_8);
    assertThat(kubectl.waitFor()).isZero();
    return output;
  }

  /** The content of each file: every object of the build, but for the ConfigMap of listeners. */
  private static Map<String, String> expected() throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (JsonNode object : Manifests.generated()) {
      if (!isListeners(object)) {
        String file = Manifests.kind(object).toLowerCase(Locale.ROOT) + ".yaml";
        assertThat(files.put(file, HEADER + Manifests.text(object)))
            .as("a second " + file)
            .isNull();
      }
    }
    return files;
  }

  private static boolean isListeners(JsonNode object) {
    return Manifests.kind(object).equals("ConfigMap") && Manifests.name(object).equals(LISTENERS);
  }

  private static JsonNode kustomization(Path of) throws IOException {
    return Manifests.parse(Files.readString(of.resolve("kustomization.yaml"))).get(0);
  }

  private static List<String> strings(JsonNode array) {
    return new ObjectMapper().convertValue(array, new TypeReference<List<String>>() {});
  }

  private static Map<String, JsonNode> byName(List<JsonNode> objects) {
    Map<String, JsonNode> byName = new TreeMap<>();
    for (JsonNode object : objects) {
      byName.put(Manifests.kind(object) + " " + Manifests.name(object), object);
    }
    assertThat(byName).hasSameSizeAs(objects);
    return byName;
  }

  private static Map<String, String> texts(List<JsonNode> objects) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> object : byName(objects).entrySet()) {
      texts.put(object.getKey(), Manifests.text(object.getValue()));
    }
    return texts;
  }

  private static boolean isOnPath(String program) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
