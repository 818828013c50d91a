package io.redisproxy.operator;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rights that the manifests give the operator, and which of them a request needs. */
final class Rights {
  private static final Pattern PATH =
      Pattern.compile(
          "/(?:api|apis/([^/]+))/[^/]+(?:/namespaces/[^/]+)?/([^/]+)(?:/([^/]+))?(?:/(status))?");

  private final List<PolicyRule> rules = new ArrayList<>();

  /** {@code folder}: of the manifests, which have a role that is not the operator's, too. */
  Rights(Path folder) throws IOException {
    for (String file : List.of("rbac.yaml", "zones.yaml")) {
      for (String document : Files.readString(folder.resolve(file)).split("\n---\n")) {
        JsonNode object = Serialization.unmarshal(document, JsonNode.class);
        if (object.at("/metadata/name").asText().startsWith(Names.OPERATOR)) {
          for (JsonNode rule : object.path("rules")) {
            rules.add(Serialization.unmarshal(rule.toString(), PolicyRule.class));
          }
        }
      }
    }
  }

  /** Whether that may be asked; what isn't about an object may be. */
  boolean allow(String method, String target) {
    String path = target.replaceFirst("\\?.*", "");
    Matcher parts = PATH.matcher(path);
    if (!parts.matches() || path.endsWith("/selfsubjectrulesreviews")) {
      return true;
    }
    String group = parts.group(1) == null ? "" : parts.group(1);
    String resource = parts.group(2) + (parts.group(4) == null ? "" : "/" + parts.group(4));
    String name = parts.group(3);
    return rules.stream()
        .anyMatch(
            rule ->
                rule.getApiGroups().contains(group)
                    && rule.getResources().contains(resource)
                    && rule.getVerbs().contains(verb(method, target, name))
                    && (rule.getResourceNames().isEmpty()
                        || rule.getResourceNames().contains(name)));
  }

  private static String verb(String method, String target, String name) {
    return switch (method) {
      case "GET" -> target.contains("watch=true") ? "watch" : name == null ? "list" : "get";
      case "POST" -> "create";
      case "PUT" -> "update";
      case "DELETE" -> name == null ? "deletecollection" : "delete";
      default -> "patch";
    };
  }
}
