package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The token that the proxies' admin routes want to hear, in a Secret of their namespace. All
 * RedisProxies there share it, under a fixed name, so that the operator needs no right to read any
 * other Secret. One that somebody else has made is used as it is.
 */
final class AdminToken {
  private static final int BYTES = 32;

  private final SecureRandom random = new SecureRandom();
  private final KubernetesClient client;

  AdminToken(KubernetesClient client) {
    this.client = client;
  }

  /** Makes one if there is none, to go with the last RedisProxy. */
  void ensure(RedisProxy proxy) {
    Secret found = secret(proxy).get();
    if (found == null) {
      found = create(proxy);
    }
    if (token(found).isEmpty()) {
      throw new ApplyException(
          ApplyException.CONFLICT,
          "the Secret "
              + Names.ADMIN_SECRET
              + " has no key \""
              + PodTemplate.TOKEN_KEY
              + "\"; add it, or delete the Secret");
    }
    boolean ours =
        Names.OPERATOR.equals(found.getMetadata().getLabels().get("app.kubernetes.io/managed-by"));
    if (ours && !found.hasOwnerReferenceFor(proxy)) {
      found.addOwnerReference(proxy, false, false);
      client.resource(found).update();
    }
  }

  private Secret create(RedisProxy proxy) {
    byte[] token = new byte[BYTES];
    random.nextBytes(token);
    Map<String, String> labels = new HashMap<>(Names.labels(proxy));
    labels.remove(Names.INSTANCE);
    Secret secret =
        new SecretBuilder()
            .withNewMetadata()
            .withName(Names.ADMIN_SECRET)
            .withNamespace(proxy.getMetadata().getNamespace())
            .withLabels(labels)
            .endMetadata()
            .withType("Opaque")
            .addToData(PodTemplate.TOKEN_KEY, encode(Base64.getUrlEncoder().encodeToString(token)))
            .build();
    secret.addOwnerReference(proxy, false, false);
    try {
      return client.resource(secret).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      // For another RedisProxy, in this moment.
      return secret(proxy).get();
    }
  }

  /** What it is now; empty if there is none. */
  Optional<String> read(RedisProxy proxy) {
    return Optional.ofNullable(secret(proxy).get()).flatMap(AdminToken::token);
  }

  private Resource<Secret> secret(RedisProxy proxy) {
    return client
        .secrets()
        .inNamespace(proxy.getMetadata().getNamespace())
        .withName(Names.ADMIN_SECRET);
  }

  /** As the proxies read it, without the line break that editors add. */
  private static Optional<String> token(Secret secret) {
    return Optional.ofNullable(secret.getData())
        .map(data -> data.get(PodTemplate.TOKEN_KEY))
        .map(text -> new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8))
        .map(text -> text.replaceFirst("\\r?\\n\\z", ""))
        .filter(text -> !text.isBlank());
  }

  private static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
