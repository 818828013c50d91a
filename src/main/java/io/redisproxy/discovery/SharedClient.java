package io.redisproxy.discovery;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.function.Consumer;
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

  private synchronized KubernetesClient acquire() {
    if (users == 0) {
      client = maker.get();
    }
    users++;
    return client;
  }

  /** Begins something with it; unless that fails, it is to be {@linkplain #release released}. */
  void acquireFor(Consumer<KubernetesClient> beginning) {
    KubernetesClient acquired = acquire();
    boolean begun = false;
    try {
      beginning.accept(acquired);
      begun = true;
    } finally {
      if (!begun) {
        release();
      }
    }
  }

  synchronized void release() {
    users--;
    if (users == 0) {
      client.close();
      client = null;
    }
  }
}
