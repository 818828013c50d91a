package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.VolumeProjectionBuilder;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import io.redisproxy.operator.v1alpha1.SecretKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What is different in a pod from the one of k8s/base. Whatever is in it replaces the pods when it
 * changes: so the ports of listeners are not, which the proxies open and close as they reload.
 */
final class PodTemplate {
  /** The port of health and metrics, by its name in the template. */
  static final String HTTP = "http";

  static final String TOKEN_KEY = "token";

  private static final String ADMIN = "/etc/redis-proxy-admin";

  /** Readable for a user that is not root. */
  private static final int READ_ONLY = 0444;

  /** What the process needs beside the time for its clients. */
  private static final Duration TO_STOP = Duration.ofSeconds(5);

  private final RedisProxy proxy;
  private final Plan plan;
  private final PodTemplateSpec template;
  private final PodSpec pod;
  private final Container container;

  private PodTemplate(PodTemplateSpec template, Plan plan) {
    this.plan = plan;
    this.template = template;
    proxy = plan.proxy();
    pod = template.getSpec();
    container = pod.getContainers().get(0);
  }

  /** Makes it that of a RedisProxy. */
  static void apply(PodTemplateSpec template, Plan plan) {
    PodTemplate edited = new PodTemplate(template, plan);
    edited.leaveOutZeros();
    edited.identify();
    edited.addSettings();
    edited.addVolumes();
  }

  /** As an API server does, from which else it would differ each time that it is looked at. */
  private void leaveOutZeros() {
    for (Probe probe :
        List.of(
            container.getStartupProbe(),
            container.getReadinessProbe(),
            container.getLivenessProbe())) {
      if (probe.getInitialDelaySeconds() != null && probe.getInitialDelaySeconds() == 0) {
        probe.setInitialDelaySeconds(null);
      }
    }
    for (VolumeMount mount : container.getVolumeMounts()) {
      if (Boolean.FALSE.equals(mount.getReadOnly())) {
        mount.setReadOnly(null);
      }
    }
  }

  private void identify() {
    Map<String, String> scraping =
        template.getMetadata().getAnnotations().entrySet().stream()
            .filter(annotation -> annotation.getKey().startsWith("prometheus.io/"))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    template.setMetadata(
        new ObjectMetaBuilder().withLabels(Names.labels(proxy)).withAnnotations(scraping).build());
    pod.getTopologySpreadConstraints()
        .forEach(spread -> spread.getLabelSelector().setMatchLabels(Names.selector(proxy)));
    pod.setServiceAccountName(proxy.getMetadata().getName());
    pod.setAutomountServiceAccountToken(plan.file().asksKubernetes() || Plan.seesNodes(proxy));
    container.getPorts().removeIf(port -> !port.getName().equals(HTTP));
    plan.image().ifPresent(container::setImage);
    if (proxy.getSpec().imagePullSecrets() != null) {
      pod.setImagePullSecrets(
          proxy.getSpec().imagePullSecrets().stream().map(LocalObjectReference::new).toList());
    }
    if (proxy.getSpec().resources() != null) {
      container.setResources(proxy.getSpec().resources());
    }
  }

  private void addSettings() {
    Map<String, String> variables = new TreeMap<>();
    container.getEnv().forEach(known -> variables.put(known.getName(), known.getValue()));
    variables.put(variable("admin.token-file"), ADMIN + "/" + TOKEN_KEY);
    boolean saysDelay = Plan.settings(proxy).containsKey("drain.delay");
    Duration delay =
        saysDelay
            ? plan.drain().delay()
            : Duration.parse("PT" + variables.get(variable("drain.delay")));
    Plan.settings(proxy).forEach((name, value) -> variables.put(variable(name), value));
    List<EnvVar> env = new ArrayList<>();
    variables.forEach((name, value) -> env.add(env(name, value)));
    if (Plan.seesNodes(proxy)) {
      env.add(ownNode());
    }
    container.setEnv(env);
    pod.setTerminationGracePeriodSeconds(
        delay.plus(plan.drain().timeout()).plus(TO_STOP).toSeconds());
  }

  private static EnvVar env(String name, String value) {
    return new EnvVarBuilder().withName(name).withValue(value).build();
  }

  /** With the version that an API server would add. */
  private static EnvVar ownNode() {
    return new EnvVarBuilder()
        .withName(variable("kubernetes-node"))
        .withNewValueFrom()
        .withNewFieldRef("v1", "spec.nodeName")
        .endValueFrom()
        .build();
  }

  /** That of a setting. */
  static String variable(String setting) {
    return (ProxySettings.PREFIX + "." + setting)
        .replaceAll("[^A-Za-z0-9]", "_")
        .toUpperCase(Locale.ROOT);
  }

  private void addVolumes() {
    pod.getVolumes().stream()
        .filter(volume -> volume.getConfigMap() != null)
        .forEach(volume -> volume.getConfigMap().setName(Names.listeners(proxy)));
    KeyToPath token = new KeyToPath(TOKEN_KEY, null, TOKEN_KEY);
    mount("admin", ADMIN, List.of(secret(Names.ADMIN_SECRET, List.of(token))));
    Map<String, List<KeyToPath>> files =
        plan.file().secrets().stream()
            .collect(
                Collectors.groupingBy(
                    SecretKey::name,
                    TreeMap::new,
                    Collectors.mapping(
                        key -> new KeyToPath(key.key(), null, ListenersFile.path(key)),
                        Collectors.toList())));
    if (!files.isEmpty()) {
      mount(
          "secrets",
          ListenersFile.SECRETS,
          files.entrySet().stream().map(file -> secret(file.getKey(), file.getValue())).toList());
    }
  }

  private static VolumeProjection secret(String name, List<KeyToPath> files) {
    return new VolumeProjectionBuilder()
        .withNewSecret()
        .withName(name)
        .withItems(files)
        .endSecret()
        .build();
  }

  private void mount(String name, String path, List<VolumeProjection> sources) {
    Volume volume =
        new VolumeBuilder()
            .withName(name)
            .withNewProjected()
            .withDefaultMode(READ_ONLY)
            .withSources(sources)
            .endProjected()
            .build();
    pod.getVolumes().add(volume);
    container
        .getVolumeMounts()
        .add(
            new VolumeMountBuilder().withName(name).withMountPath(path).withReadOnly(true).build());
  }
}
