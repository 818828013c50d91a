package io.redisproxy.discovery;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.redisproxy.config.KubernetesConfig;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** What the API server is asked for, and what servers that makes. */
interface KubernetesPods<T extends HasMetadata> {
  /** Not started yet. */
  SharedIndexInformer<T> informer(KubernetesClient client);

  /** {@code zones}: gives the zone of a cluster's node by its name, empty if it isn't known. */
  Stream<FoundNode> nodes(T item, UnaryOperator<String> zones);

  KubernetesConfig config();

  /** Where they are. As for kubectl, it is "default" where nothing says which. */
  default String namespace(KubernetesClient client) {
    return config()
        .namespace()
        .orElse(Objects.requireNonNullElse(client.getNamespace(), "default"));
  }

  /** Whether the zones are those of the cluster's nodes; otherwise the items tell them. */
  boolean asksForZones();
}
