package io.redisproxy.config;

import java.util.Optional;

/**
 * The pods that are a listener's servers.
 *
 * @param namespace theirs; if empty, that of the proxy's own pod
 * @param selector of their labels, as kubectl takes it; empty if there is a service
 * @param service the name of a Service whose endpoints they are; empty if there is a selector
 * @param roleLabel the label that tells which of them is the master; if empty, those that the usual
 *     operators set are looked for
 * @param port that of the servers; if empty, 6379 or what the Service says
 */
public record KubernetesConfig(
    Optional<String> namespace,
    Optional<String> selector,
    Optional<String> service,
    Optional<String> roleLabel,
    Optional<Integer> port) {

  public KubernetesConfig {
    if (selector.isPresent() == service.isPresent()) {
      throw new IllegalArgumentException("either a selector or a service");
    }
  }

  /** As a message names it. */
  @Override
  public String toString() {
    return selector.map(labels -> "the pods " + labels).orElseGet(() -> "Service " + service.get())
        + namespace.map(name -> " in namespace " + name).orElse("");
  }
}
