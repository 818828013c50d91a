package io.redisproxy.operator;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.quarkus.runtime.util.ExceptionUtil;
import java.net.HttpURLConnection;
import java.util.Optional;

/** Looks for it before anything begins that needs it, and would go on for long without. */
public final class ApiServerCheck {
  /** Some 6 seconds in all, as the network of a pod may come a little later than the pod. */
  private static final int RETRIES = 6;

  private static final int CONNECT_MILLIS = 2000;

  private ApiServerCheck() {}

  /** What keeps an operator from working with it, and what to do; empty if nothing does. */
  public static Optional<String> problem(KubernetesClient client) {
    Config config = client.getConfiguration();
    if (config.getNamespace() == null) {
      return Optional.of(
          "it doesn't know the namespace for its lease, as it is not in a pod and there is no"
              + " kubeconfig that names one; set KUBERNETES_NAMESPACE");
    }
    try (KubernetesClient impatient =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(config)
                    .withRequestRetryBackoffLimit(RETRIES)
                    .withConnectionTimeout(CONNECT_MILLIS)
                    .build())
            .build()) {
      impatient.getKubernetesVersion();
      return Optional.empty();
    } catch (KubernetesClientException e) {
      String server = "the API server " + config.getMasterUrl();
      if (e.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED) {
        return Optional.of(server + " doesn't take the token or certificate: " + e.getMessage());
      }
      if (e.getCode() > 0) {
        // It has answered; what the operator may do is looked at by what needs it.
        return Optional.empty();
      }
      return Optional.of(
          server
              + " can't be reached: "
              + rootCause(e)
              + "; is this a pod, or else, is that the one in your kubeconfig?");
    }
  }

  private static String rootCause(Throwable e) {
    Throwable cause = ExceptionUtil.getRootCause(e);
    return cause.getClass().getSimpleName() + ": " + cause.getMessage();
  }
}
