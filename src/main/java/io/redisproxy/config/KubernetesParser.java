package io.redisproxy.config;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The pods of a listener, which stand in place of its master and replicas. */
final class KubernetesParser {
  static final List<String> KEYS = List.of("namespace", "selector", "service", "roleLabel", "port");

  /** A name as Kubernetes takes it for namespaces and Services. */
  static final String NAME = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

  /** The name of a label, which may have a domain before it. */
  static final String LABEL =
      "^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";

  /** Looked at by the API server; this keeps out what can't be one. */
  static final String SELECTOR = "^[A-Za-z0-9._/=!(), -]+$";

  private static final String SAMPLE = "{ \"selector\": \"app=redis\" }";

  private KubernetesParser() {}

  static Optional<KubernetesConfig> kubernetes(Value value) {
    return value
        .asObject("selection of pods", SAMPLE, KEYS)
        .flatMap(fields -> kubernetes(value, fields));
  }

  private static Optional<KubernetesConfig> kubernetes(Value value, Fields fields) {
    Optional<String> namespace =
        word(fields, "namespace", NAME, "is not the name of a namespace; write it as \"redis\"");
    Optional<String> selector =
        word(fields, "selector", SELECTOR, "selects no labels; write it as \"app=redis\"");
    Optional<String> service =
        word(fields, "service", NAME, "is not the name of a Service; write it as \"redis\"");
    Optional<String> roleLabel =
        word(fields, "roleLabel", LABEL, "is not the name of a label; write it as \"redis-role\"");
    Optional<Integer> port = fields.optional("port").flatMap(Value::asPort);
    boolean both = fields.mentions("selector") && fields.mentions("service");
    if (both || !(fields.mentions("selector") || fields.mentions("service"))) {
      value.mistake(
          (both ? "it has both \"selector\" and \"service\"" : "it selects no pods")
              + "; write either the labels of the pods, such as "
              + SAMPLE
              + ", or the Service that they are endpoints of");
      return Optional.empty();
    }
    return selector.isEmpty() && service.isEmpty()
        ? Optional.empty()
        : Optional.of(new KubernetesConfig(namespace, selector, service, roleLabel, port));
  }

  private static Optional<String> word(
      Fields fields, String key, String pattern, String otherwise) {
    Optional<Value> value = fields.optional(key);
    Optional<String> word =
        value
            .map(v -> v.node().textValue())
            .filter(text -> Pattern.compile(pattern).matcher(text).matches());
    if (value.isPresent() && word.isEmpty()) {
      value.get().mistake(value.get().show() + " " + otherwise);
    }
    return word;
  }
}
