package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.util.Map;
import java.util.stream.Collectors;

/** What the objects of a RedisProxy are called, and how they are found. */
final class Names {
  /** Who makes them. */
  static final String OPERATOR = "redis-proxy-operator";

  /** Of objects that the operator has made. */
  static final String MANAGED = "app.kubernetes.io/managed-by=" + OPERATOR;

  static final String INSTANCE = "app.kubernetes.io/instance";

  /** The Secret with the token for the proxies' admin routes, one in each namespace. */
  static final String ADMIN_SECRET = "redis-proxy-admin";

  private static final String NAME = "app.kubernetes.io/name";

  /** Not that of k8s/base, whose Service would take these pods for its own. */
  private static final String APPLICATION = "redisproxy";

  private Names() {}

  static String listeners(RedisProxy proxy) {
    return proxy.getMetadata().getName() + "-listeners";
  }

  static Map<String, String> selector(RedisProxy proxy) {
    return Map.of(NAME, APPLICATION, INSTANCE, proxy.getMetadata().getName());
  }

  /** As kubectl takes it. */
  static String selectorText(RedisProxy proxy) {
    return selector(proxy).entrySet().stream()
        .map(label -> label.getKey() + "=" + label.getValue())
        .sorted()
        .collect(Collectors.joining(","));
  }

  static Map<String, String> labels(RedisProxy proxy) {
    return Map.of(
        NAME,
        APPLICATION,
        INSTANCE,
        proxy.getMetadata().getName(),
        "app.kubernetes.io/managed-by",
        OPERATOR);
  }

  static ObjectMeta metadata(RedisProxy proxy, String name) {
    return new ObjectMetaBuilder()
        .withName(name)
        .withNamespace(proxy.getMetadata().getNamespace())
        .withLabels(labels(proxy))
        .build();
  }
}
