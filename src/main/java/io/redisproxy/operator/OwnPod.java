package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import org.jboss.logging.Logger;

/** The pod that the operator runs in, if it does. */
final class OwnPod {
  private static final Logger LOG = Logger.getLogger(OwnPod.class);

  private OwnPod() {}

  /** Its image, which is the one of the proxies, too. */
  static Optional<String> image(KubernetesClient client) {
    // As Kubernetes sets it.
    return Optional.ofNullable(System.getenv("HOSTNAME")).flatMap(name -> image(client, name));
  }

  static Optional<String> image(KubernetesClient client, String name) {
    try {
      Pod pod = client.pods().inNamespace(client.getNamespace()).withName(name).get();
      return Optional.ofNullable(pod)
          .map(found -> found.getSpec().getContainers().get(0).getImage());
    } catch (KubernetesClientException e) {
      LOG.warnf(
          "the operator's own pod can't be looked at for its image; proxies that name none get the"
              + " one of this version: %s",
          e.getMessage());
      return Optional.empty();
    }
  }
}
