package io.redisproxy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ClusterRole;
import io.kubernetes.client.openapi.models.V1ClusterRoleBinding;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Role;
import io.kubernetes.client.openapi.models.V1RoleBinding;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import java.util.Map;

/** Kubernetes' own models of the kinds that we use, and what they don't take. */
public final class Models {
  private static final String DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Deserialization into these refuses fields that are unknown or missing, and bad quantities. */
  private static final Map<String, Class<?>> KINDS =
      Map.ofEntries(
          Map.entry("v1 ConfigMap", V1ConfigMap.class),
          Map.entry("v1 Namespace", V1Namespace.class),
          Map.entry("v1 Service", V1Service.class),
          Map.entry("v1 ServiceAccount", V1ServiceAccount.class),
          Map.entry("apps/v1 Deployment", V1Deployment.class),
          Map.entry("apps/v1 StatefulSet", V1StatefulSet.class),
          Map.entry("autoscaling/v2 HorizontalPodAutoscaler", V2HorizontalPodAutoscaler.class),
          Map.entry("networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy.class),
          Map.entry("policy/v1 PodDisruptionBudget", V1PodDisruptionBudget.class),
          Map.entry("rbac.authorization.k8s.io/v1 ClusterRole", V1ClusterRole.class),
          Map.entry("rbac.authorization.k8s.io/v1 ClusterRoleBinding", V1ClusterRoleBinding.class),
          Map.entry("rbac.authorization.k8s.io/v1 Role", V1Role.class),
          Map.entry("rbac.authorization.k8s.io/v1 RoleBinding", V1RoleBinding.class));

  static {
    new JSON(); // Its static methods work after that.
  }

  private Models() {}

  /** Reads an object, and fails if the API server would refuse it. */
  public static Object read(JsonNode object) throws Exception {
    String kind = object.path("apiVersion").textValue() + " " + Manifests.kind(object);
    assertThat(KINDS).containsKey(kind);
    assertThat(Manifests.name(object)).matches(DNS_LABEL);
    Object read = JSON.deserialize(object.toString(), KINDS.get(kind));
    // A number or boolean in quotes would come back without them.
    JsonNode written = MAPPER.readTree(JSON.serialize(read));
    assertThat(withoutEmpty(written)).isEqualTo(withoutEmpty(object.deepCopy()));
    return read;
  }

  /** The models have empty lists and maps where the YAML has none. */
  private static JsonNode withoutEmpty(JsonNode tree) {
    tree.forEach(Models::withoutEmpty);
    if (tree instanceof ObjectNode object) {
      object
          .properties()
          .removeIf(field -> field.getValue().isContainerNode() && field.getValue().isEmpty());
    }
    return tree;
  }
}
