package io.redisproxy.discovery;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.redisproxy.config.KubernetesConfig;
import io.redisproxy.config.NodeAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The pods with some labels. Whether they are ready is left to the proxy's own probes. */
record SelectedPods(KubernetesConfig config) implements KubernetesPods<Pod> {
  private static final int REDIS = 6379;

  /** Those of OT-Container-Kit's and Spotahome's operators, and of Bitnami's chart. */
  private static final List<String> ROLE_LABELS =
      List.of("redis-role", "redisfailovers-role", "isMaster");

  private static final Set<String> MASTER = Set.of("master", "primary", "leader", "true");

  @Override
  public SharedIndexInformer<Pod> informer(KubernetesClient client) {
    return client
        .pods()
        .inNamespace(namespace(client))
        .withLabelSelector(config.selector().orElseThrow())
        .runnableInformer(0);
  }

  @Override
  public Stream<FoundNode> nodes(Pod pod, UnaryOperator<String> zones) {
    String address = pod.getStatus() == null ? null : pod.getStatus().getPodIP();
    boolean gone =
        pod.getMetadata().getDeletionTimestamp() != null
            || (address != null && !"Running".equals(pod.getStatus().getPhase()));
    return address == null || gone
        ? Stream.empty()
        : Stream.of(
            new FoundNode(
                new NodeAddress(address, config.port().orElse(REDIS)),
                isMaster(pod),
                pod.getSpec() == null ? "" : zones.apply(pod.getSpec().getNodeName())));
  }

  @Override
  public boolean asksForZones() {
    return true;
  }

  private boolean isMaster(Pod pod) {
    Map<String, String> labels = pod.getMetadata().getLabels();
    return labels != null
        && config.roleLabel().map(List::of).orElse(ROLE_LABELS).stream()
            .anyMatch(label -> MASTER.contains(labels.getOrDefault(label, "")));
  }

  @Override
  public String toString() {
    return config.toString();
  }
}
