package io.redisproxy.operator;

import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.redisproxy.config.ConfigException;
import io.redisproxy.config.ProcessSettings;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.util.Map;
import java.util.Optional;

/**
 * What a RedisProxy comes to, checked.
 *
 * @param image that of the pods; empty for that of the template
 */
record Plan(
    RedisProxy proxy, ListenersFile file, ProxySettings.Drain drain, Optional<String> image) {
  private static final String KEY = "plan";

  /**
   * Of what a RedisProxy says.
   *
   * @param image where it names none
   * @throws ConfigException if a proxy would refuse to start with it
   */
  static Plan of(RedisProxy proxy, Optional<String> image) {
    ListenersFile file = ListenersFile.of(proxy.getSpec().listeners());
    ProxySettings settings = ProcessSettings.check(settings(proxy));
    return new Plan(
        proxy,
        file,
        settings.drain(),
        Optional.ofNullable(proxy.getSpec().image()).or(() -> image));
  }

  static Map<String, String> settings(RedisProxy proxy) {
    return Optional.ofNullable(proxy.getSpec().settings()).orElse(Map.of());
  }

  /** Whether the cluster's nodes tell it about zones. */
  static boolean seesNodes(RedisProxy proxy) {
    return Boolean.TRUE.equals(proxy.getSpec().zonesFromNodes());
  }

  static Plan of(Context<RedisProxy> context) {
    return context.managedWorkflowAndDependentResourceContext().getMandatory(KEY, Plan.class);
  }

  void putInto(Context<RedisProxy> context) {
    context.managedWorkflowAndDependentResourceContext().put(KEY, this);
  }
}
