package io.redisproxy.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;
import java.time.Duration;
import org.jboss.logging.Logger;

/** Whether the cluster has a kind that not every cluster has; asked again from time to time. */
final class KnownKinds {
  private static final Logger LOG = Logger.getLogger(KnownKinds.class);
  private static final Duration HOLDS = Duration.ofMinutes(1);

  private final KubernetesClient client;
  private final GroupVersionKind kind;
  private long askedAt;
  private boolean asked;
  private boolean known;

  KnownKinds(KubernetesClient client, GroupVersionKind kind) {
    this.client = client;
    this.kind = kind;
  }

  synchronized boolean isKnown() {
    long now = System.nanoTime();
    if (!asked || now - askedAt > HOLDS.toNanos()) {
      try {
        known = client.supports(kind.apiVersion(), kind.getKind());
        asked = true;
      } catch (KubernetesClientException e) {
        LOG.warnf("the API server doesn't tell whether it has %s: %s", kind, e.getMessage());
      }
      askedAt = now;
    }
    return known;
  }
}
