package io.redisproxy;

import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.discovery.OwnZone;
import io.redisproxy.discovery.SharedClient;

/**
 * What the whole process has to do with where it runs.
 *
 * @param kubernetes there when somebody asks an API server
 */
record Surroundings(SharedClient kubernetes, OwnZone zone) {
  static Surroundings of(ProxySettings settings) {
    SharedClient kubernetes = new SharedClient(() -> new KubernetesClientBuilder().build());
    return new Surroundings(
        kubernetes, new OwnZone(settings.zone(), settings.kubernetesNode(), kubernetes));
  }
}
