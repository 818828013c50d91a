package io.redisproxy.kubernetes;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.kubernetes.client.custom.IntOrString;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1EnvVar;
import io.kubernetes.client.openapi.models.V1LabelSelector;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1NetworkPolicyIngressRule;
import io.kubernetes.client.openapi.models.V1NetworkPolicySpec;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudgetSpec;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Probe;
import io.kubernetes.client.openapi.models.V1RollingUpdateDeployment;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1Volume;
import io.kubernetes.client.openapi.models.V1VolumeMount;
import io.quarkus.runtime.configuration.DurationConverter;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ProxySettings;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

  private static final int HTTP = 9000;

  private final Map<Class<?>, Object> objects = new HashMap<>();

  @TempDir Path folder;

  /** Fails if an object is not what Kubernetes knows. */
  @BeforeEach
  void read() throws Exception {
    for (JsonNode object : Manifests.generated()) {
      Object read = Models.read(object);
      assertThat(objects.put(read.getClass(), read)).as("a second " + read.getClass()).isNull();
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
    assertThat(List.of(disruptions().getSelector(), network().getPodSelector()))
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
    assertThat(network().getPolicyTypes()).containsExactly("Ingress");
    assertThat(network().getIngress())
        .flatExtracting(V1NetworkPolicyIngressRule::getPorts)
        .allSatisfy(port -> assertThat(port.getProtocol()).isEqualTo("TCP"))
        .extracting(port -> port.getPort().getIntValue())
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
    String config = environment("REDIS_PROXY_CONFIG");
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
  void thePodHasNoRights() {
    V1ServiceAccount account = (V1ServiceAccount) objects.get(V1ServiceAccount.class);

    assertThat(pod().getServiceAccountName()).isEqualTo(account.getMetadata().getName());
    assertThat(account.getAutomountServiceAccountToken()).isFalse();
    assertThat(objects.keySet())
        .extracting(Class::getSimpleName)
        .noneMatch(name -> name.contains("Role"));
  }

  @Test
  void nothingOfTheClusterIsPutIntoThePod() {
    assertThat(pod().getAutomountServiceAccountToken()).isFalse();
    assertThat(pod().getEnableServiceLinks()).isFalse();
  }

  @Test
  void onePodAtATimeIsTakenAwayAndReplacedBefore() {
    V1RollingUpdateDeployment update = deployment().getSpec().getStrategy().getRollingUpdate();

    assertThat(deployment().getSpec().getReplicas()).isGreaterThan(1);
    assertThat(update.getMaxUnavailable()).isEqualTo(new IntOrString(0));
    assertThat(update.getMaxSurge()).isEqualTo(new IntOrString(1));
    assertThat(disruptions().getMaxUnavailable()).isEqualTo(new IntOrString(1));
  }

  @Test
  void theDrainFitsIntoTheGracePeriod() {
    DurationConverter converter = new DurationConverter();
    ProxySettings.Drain defaults =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(ProxySettings.class)
            .build()
            .getConfigMapping(ProxySettings.class)
            .drain();
    Duration delay = converter.convert(environment("REDIS_PROXY_DRAIN_DELAY"));

    assertThat(delay).isGreaterThan(defaults.delay());
    assertThat(Duration.ofSeconds(pod().getTerminationGracePeriodSeconds()))
        .isGreaterThanOrEqualTo(delay.plus(defaults.timeout()).plusSeconds(3));
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

  private String environment(String name) {
    return container().getEnv().stream()
        .filter(variable -> variable.getName().equals(name))
        .map(V1EnvVar::getValue)
        .findAny()
        .orElseThrow();
  }

  private V1Service service() {
    return (V1Service) objects.get(V1Service.class);
  }

  private V1PodDisruptionBudgetSpec disruptions() {
    return ((V1PodDisruptionBudget) objects.get(V1PodDisruptionBudget.class)).getSpec();
  }

  private V1NetworkPolicySpec network() {
    return ((V1NetworkPolicy) objects.get(V1NetworkPolicy.class)).getSpec();
  }

  private V1ConfigMap configMap() {
    return (V1ConfigMap) objects.get(V1ConfigMap.class);
  }
}
