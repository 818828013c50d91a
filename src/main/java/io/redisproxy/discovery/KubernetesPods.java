package io.redisproxy.discovery;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.stream.Stream;

/** What the API server is asked for, and what servers that makes. */
interface KubernetesPods<T extends HasMetadata> {
  /** Not started yet. */
  SharedIndexInformer<T> informer(KubernetesClient client);

  Stream<FoundNode> nodes(T item);
}
