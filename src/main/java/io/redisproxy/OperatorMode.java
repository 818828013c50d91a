package io.redisproxy;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.quarkus.runtime.Quarkus;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.operator.ApiServerCheck;
import io.redisproxy.operator.ProxyOperator;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Has the process be an operator in place of a proxy, if that is wanted. */
final class OperatorMode {
  private final ProxySettings settings;
  private ProxyOperator operator;

  OperatorMode(ProxySettings settings) {
    this.settings = settings;
  }

  boolean isOn() {
    return settings.mode() == ProxySettings.Mode.OPERATOR;
  }

  /** {@code listeners}: a file that somebody wants to be read, which must not be. */
  void start(Optional<Path> listeners) {
    if (listeners.isPresent()) {
      throw new StartException(
          "redis-proxy.mode=operator: it opens no listeners itself, but "
              + listeners.get()
              + " is to be read; remove the one or the other");
    }
    KubernetesClient client = new KubernetesClientBuilder().build();
    ApiServerCheck.problem(client)
        .ifPresent(
            problem -> {
              client.close();
              throw new StartException("redis-proxy.mode=operator: " + problem);
            });
    ProxySettings.Operator wanted = settings.operator();
    operator =
        new ProxyOperator(
            client,
            new ProxyOperator.Options(
                wanted.namespaces().map(Set::copyOf).orElse(Set.of()),
                wanted.image(),
                wanted.interval(),
                // As Kubernetes sets it to the name of the pod.
                Optional.ofNullable(System.getenv("HOSTNAME"))
                    .orElseGet(() -> UUID.randomUUID().toString()),
                ProxyOperator.Options.RETRY_PERIOD,
                ProxyOperator.Options.FIRST_LOOK),
            () -> Quarkus.asyncExit(1));
    operator.start();
  }

  boolean isReady() {
    return operator != null && operator.isReady();
  }

  void stop() {
    if (operator != null) {
      operator.close();
    }
  }
}
