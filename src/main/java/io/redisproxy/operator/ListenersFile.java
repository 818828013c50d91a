package io.redisproxy.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.redisproxy.config.ConfigException;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.operator.v1alpha1.ListenerSpec;
import io.redisproxy.operator.v1alpha1.SecretKey;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The JSON file that the proxies read, made of what a RedisProxy says. It is checked as the proxies
 * check it, so that they take whatever is written.
 *
 * @param secrets where the passwords, certificates and keys are that it names files for
 * @param asksKubernetes whether the proxies look for pods themselves
 */
record ListenersFile(
    String json, List<Integer> ports, SortedSet<SecretKey> secrets, boolean asksKubernetes) {

  /** Where the Secrets are in a pod: a folder for each, with a file for each key. */
  static final String SECRETS = "/etc/redis-proxy-secrets";

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Of what a RedisProxy says.
   *
   * @throws ConfigException if a proxy would refuse it
   */
  static ListenersFile of(List<ListenerSpec> specs) {
    SortedSet<SecretKey> secrets =
        new TreeSet<>(Comparator.comparing(SecretKey::name).thenComparing(SecretKey::key));
    JsonNode tree = JSON.valueToTree(specs);
    nameFiles(tree, secrets);
    String json = write(tree);
    List<ListenerConfig> listeners = ConfigLoader.check(json.getBytes(StandardCharsets.UTF_8));
    return new ListenersFile(
        json,
        listeners.stream().map(ListenerConfig::port).toList(),
        secrets,
        listeners.stream().anyMatch(listener -> listener.kubernetes().isPresent()));
  }

  static String path(SecretKey secret) {
    return secret.name() + "/" + secret.key();
  }

  private static void nameFiles(JsonNode tree, SortedSet<SecretKey> secrets) {
    tree.forEach(child -> nameFiles(child, secrets));
    for (String content : List.of("password", "ca")) {
      if (tree.get(content + "Secret") instanceof ObjectNode reference) {
        ((ObjectNode) tree).remove(content + "Secret");
        nameFile(tree, content, JSON.convertValue(reference, SecretKey.class), secrets);
      }
    }
    if (tree.get("certificateSecret") instanceof TextNode name) {
      ((ObjectNode) tree).remove("certificateSecret");
      nameFile(tree, "certificate", new SecretKey(name.textValue(), "tls.crt"), secrets);
      nameFile(tree, "key", new SecretKey(name.textValue(), "tls.key"), secrets);
    }
  }

  private static void nameFile(
      JsonNode tree, String content, SecretKey secret, SortedSet<SecretKey> secrets) {
    secrets.add(secret);
    ((ObjectNode) tree).put(content + "File", SECRETS + "/" + path(secret));
  }

  private static String write(JsonNode tree) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
