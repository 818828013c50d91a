package io.redisproxy.discovery;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.function.Supplier;

/**
 * The client of the API server, with its threads, that all share who ask Kubernetes. It is there as
 * long as anybody needs it. Its making takes time: not for event loops.
 */
public final class SharedClient {
  private final Supplier<KubernetesClient> maker;
  private KubernetesClient client;
  private int users;

  /** {@code maker}: asked each time that somebody needs it whom nobody else is with. */
  public SharedClient(Supplier<KubernetesClient> maker) {
    this.maker = maker;
  }

  /** To be {@linkplain #release released} once. */
  synchronized KubernetesClient acquire() {
    if (users == 0) {
      client = maker.get();
    }
    users++;
    return client;
  }

  synchronized void release() {
    users--;
    if (users == 0) {
      client.close();
      client = null;
    }
  }
}
