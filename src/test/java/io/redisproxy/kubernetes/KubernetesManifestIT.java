package io.redisproxy.kubernetes;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kubernetes.client.custom.IntOrString;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1EnvVar;
import io.kubernetes.client.openapi.models.V1LabelSelector;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Probe;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1Volume;
import io.kubernetes.client.openapi.models.V1VolumeMount;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The manifest of the build would be taken by a cluster, and its parts fit each other. */
class KubernetesManifestIT {
  /** How Kubernetes names a port. */
  private static final Pattern PORT_NAME = Pattern.compile("(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*");

  private static final String DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
  private static final int HTTP = 9000;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Deserialization into these refuses fields that are unknown or missing, and bad quantities. */
  private static final Map<String, Class<?>> MODELS =
      Map.of(
          "v1 ConfigMap", V1ConfigMap.class,
          "v1 Service", V1Service.class,
          "apps/v1 Deployment", V1Deployment.class);

  private final Map<Class<?>, Object> objects = new HashMap<>();

  @TempDir Path folder;

  @BeforeEach
  void read() throws IOException {
    new JSON(); // Its static methods work after that.
    for (JsonNode object : Manifests.generated()) {
      Class<?> type = model(object);
      assertThat(objects.put(type, JSON.deserialize(object.toString(), type)))
          .as("a second " + type)
          .isNull();
    }
  }

  @Test
  void everyObjectIsWhatKubernetesKnows() throws IOException {
    assertThat(objects).hasSameSizeAs(MODELS.keySet());
    for (JsonNode object : Manifests.generated()) {
      assertThat(Manifests.name(object)).matches(DNS_LABEL);
      // A number or boolean in quotes would come back without them.
      String read = JSON.serialize(objects.get(model(object)));
      assertThat(withoutEmpty(MAPPER.readTree(read))).isEqualTo(withoutEmpty(object));
    }
  }

  @Test
  void selectorsFindThePods() {
    Map<String, String> labels = deployment().getSpec().getTemplate().getMetadata().getLabels();

    assertThat(labels)
        .containsAllEntriesOf(deployment().getSpec().getSelector().getMatchLabels())
        .containsAllEntriesOf(service().getSpec().getSelector());
    assertThat(pod().getTopologySpreadConstraints())
        .extracting(constraint -> constraint.getLabelSelector())
        .isNotEmpty()
        .extracting(V1LabelSelector::getMatchLabels)
        .containsOnly(service().getSpec().getSelector());
  }

  @Test
  void everyListenerHasItsPortInPodAndService() throws IOException {
    Set<Integer> expected = new HashSet<>(listenerPorts());
    expected.add(HTTP);

    assertThat(container().getPorts())
        .allSatisfy(port -> assertThat(port.getHostPort()).isNull())
        .extracting(V1ContainerPort::getContainerPort)
        .containsExactlyInAnyOrderElementsOf(expected);
    assertThat(service().getSpec().getPorts())
        .allSatisfy(
            port -> assertThat(port.getTargetPort()).isEqualTo(new IntOrString(port.getPort())))
        .extracting(V1ServicePort::getPort)
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void portsHaveTheSameNamesInPodAndService() {
    Map<Integer, String> names =
        container().getPorts().stream()
            .collect(toMap(V1ContainerPort::getContainerPort, V1ContainerPort::getName));

    assertThat(names.values())
        .doesNotHaveDuplicates()
        .allSatisfy(name -> assertThat(name).matches(PORT_NAME).hasSizeLessThanOrEqualTo(15));
    assertThat(service().getSpec().getPorts())
        .allSatisfy(port -> assertThat(port.getName()).isEqualTo(names.get(port.getPort())));
  }

  @Test
  void theProxyReadsTheFileThatIsMounted() {
    String config =
        container().getEnv().stream()
            .filter(variable -> variable.getName().equals("REDIS_PROXY_CONFIG"))
            .map(V1EnvVar::getValue)
            .findAny()
            .orElseThrow();
    V1VolumeMount mount =
        container().getVolumeMounts().stream()
            .filter(each -> config.startsWith(each.getMountPath() + "/"))
            .findAny()
            .orElseThrow();
    V1Volume volume =
        pod().getVolumes().stream()
            .filter(each -> each.getName().equals(mount.getName()))
            .findAny()
            .orElseThrow();

    assertThat(volume.getConfigMap().getName()).isEqualTo(configMap().getMetadata().getName());
    assertThat(volume.getConfigMap().getDefaultMode()).isEqualTo(0444);
    assertThat(configMap().getData())
        .containsOnlyKeys(config.substring(mount.getMountPath().length() + 1));
  }

  @Test
  void everyVolumeIsMountedOnce() {
    assertThat(container().getVolumeMounts())
        .extracting(V1VolumeMount::getName)
        .containsExactlyInAnyOrderElementsOf(
            pod().getVolumes().stream().map(V1Volume::getName).toList());
    assertThat(container().getVolumeMounts())
        .extracting(V1VolumeMount::getMountPath)
        .doesNotHaveDuplicates()
        .contains("/tmp");
  }

  @Test
  void probesAskTheHealthChecks() {
    assertProbe(container().getStartupProbe(), "/q/health/started");
    assertProbe(container().getLivenessProbe(), "/q/health/live");
    assertProbe(container().getReadinessProbe(), "/q/health/ready");
  }

  @Test
  void thePodIsAllowedUnderTheRestrictedPodSecurityStandard() {
    assertThat(pod().getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod().getSecurityContext().getSeccompProfile().getType())
        .isEqualTo("RuntimeDefault");
    assertThat(pod().getHostNetwork()).isNull();
    assertThat(container().getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(container().getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    assertThat(container().getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(container().getSecurityContext().getCapabilities().getAdd()).isNullOrEmpty();
  }

  @Test
  void nothingOfTheClusterIsPutIntoThePod() {
    assertThat(pod().getAutomountServiceAccountToken()).isFalse();
    assertThat(pod().getEnableServiceLinks()).isFalse();
  }

  @Test
  void memoryIsReservedInFull() {
    var resources = container().getResources();

    assertThat(resources.getRequests().get("memory"))
        .isEqualTo(resources.getLimits().get("memory"));
    assertThat(resources.getRequests().get("cpu").getNumber())
        .isLessThanOrEqualTo(resources.getLimits().get("cpu").getNumber());
  }

  @Test
  void theDockerfileFitsTheDeployment() throws IOException {
    String dockerfile = Files.readString(Path.of("src/main/docker/Dockerfile.jvm"));
    String ports = String.join(" ", listenerPorts().stream().map(String::valueOf).toList());

    assertThat(dockerfile).contains("\nEXPOSE " + ports + " " + HTTP + "\n");
    assertThat(dockerfile).containsPattern("\nUSER [1-9][0-9]*\n");
    Matcher copied = Pattern.compile("\nCOPY (\\S+)").matcher(dockerfile);
    assertThat(copied.results().map(match -> Path.of(match.group(1))).toList())
        .isNotEmpty()
        .allSatisfy(path -> assertThat(path).exists());
  }

  private static Class<?> model(JsonNode object) {
    String kind = object.path("apiVersion").textValue() + " " + Manifests.kind(object);
    assertThat(MODELS).containsKey(kind);
    return MODELS.get(kind);
  }

  /** The models have empty lists and maps where the YAML has none. */
  private static JsonNode withoutEmpty(JsonNode tree) {
    tree.forEach(KubernetesManifestIT::withoutEmpty);
    if (tree instanceof ObjectNode object) {
      object
          .properties()
          .removeIf(field -> field.getValue().isContainerNode() && field.getValue().isEmpty());
    }
    return tree;
  }

  private static void assertProbe(V1Probe probe, String path) {
    assertThat(probe.getHttpGet().getPath()).isEqualTo(path);
    assertThat(probe.getHttpGet().getPort()).isEqualTo(new IntOrString(HTTP));
    assertThat(probe.getTimeoutSeconds()).isLessThanOrEqualTo(probe.getPeriodSeconds());
  }

  /** The ports of the listeners in the ConfigMap, read as the proxy does. */
  private List<Integer> listenerPorts() throws IOException {
    String json = configMap().getData().values().iterator().next();
    Path file = Files.writeString(folder.resolve("listeners.json"), json);
    return ConfigLoader.load(file).stream().map(ListenerConfig::port).toList();
  }

  private V1Deployment deployment() {
    return (V1Deployment) objects.get(V1Deployment.class);
  }

  private V1PodSpec pod() {
    return deployment().getSpec().getTemplate().getSpec();
  }

  private V1Container container() {
    assertThat(pod().getContainers()).hasSize(1);
    return pod().getContainers().get(0);
  }

  private V1Service service() {
    return (V1Service) objects.get(V1Service.class);
  }

  private V1ConfigMap configMap() {
    return (V1ConfigMap) objects.get(V1ConfigMap.class);
  }
}
