package io.redisproxy.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.redisproxy.kubernetes.Manifests;
import io.redisproxy.kubernetes.Models;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What installs the operator would be taken by a cluster, and its parts fit each other. */
class OperatorManifestsTest {
  private static final Path FOLDER = Path.of("k8s/operator");
  private static final String NAMESPACE = "redis-proxy-system";

  @Test
  void objectsAreAsKubernetesTakesThemAndFindEachOther() throws Exception {
    JsonNode kustomization =
        Manifests.parse(Files.readString(FOLDER.resolve("kustomization.yaml"))).get(0);
    assertThat(kustomization.path("namespace").asText()).isEqualTo(NAMESPACE);
    Map<String, JsonNode> objects = new TreeMap<>();
    for (JsonNode resource : kustomization.path("resources")) {
      objects.putAll(read(resource.asText()));
    }
    JsonNode definition = objects.remove("CustomResourceDefinition redisproxies.redisproxy.io");
    for (JsonNode object : objects.values()) {
      Models.read(object);
    }
    assertThat(definition).isNotNull();
    assertThat(objects).containsKey("Namespace " + NAMESPACE);
    JsonNode pod = objects.get("Deployment " + Names.OPERATOR).at("/spec/template/spec");
    assertThat(objects).containsKey("ServiceAccount " + pod.path("serviceAccountName").textValue());
    for (String role :
        List.of(
            "ClusterRole redis-proxy-operator",
            "ClusterRole redis-proxy-operator-zones",
            "Role redis-proxy-operator")) {
      JsonNode binding = objects.get(role.replace("Role ", "RoleBinding "));
      assertThat(objects).containsKey(role(binding));
      assertThat(role(binding)).isEqualTo(role);
      assertThat(binding.at("/subjects/0/name")).isEqualTo(pod.path("serviceAccountName"));
      assertThat(binding.at("/subjects/0/namespace").asText()).isEqualTo(NAMESPACE);
    }
    JsonNode zones = objects.get("ClusterRoleBinding " + ZonesBinding.NAME);
    assertThat(objects).containsKey(role(zones));
    // Who applies the manifests again would else take them away from the operator.
    assertThat(zones.has("subjects")).isFalse();
    assertThat(objects.get(role(zones)).path("rules"))
        .isEqualTo(
            Manifests.parse(Files.readString(Path.of("k8s/components/zones/clusterrole.yaml")))
                .get(0)
                .path("rules"));
    // The same image is what proxies get that name none.
    JsonNode proxies =
        Manifests.parse(Files.readString(Path.of("k8s/base/deployment.yaml"))).get(0);
    assertThat(pod.at("/containers/0/image"))
        .isEqualTo(proxies.at("/spec/template/spec/containers/0/image"));
  }

  @Test
  void theOperatorMayGiveWhatItGives() throws Exception {
    Rights rights = new Rights(FOLDER);
    RedisProxy example = example();
    example.getMetadata().setNamespace("redis");
    Role given = Children.role(Plan.of(example, Optional.empty()));
    for (PolicyRule rule : given.getRules()) {
      assertThat(rule.getVerbs()).containsExactly("get", "list", "watch");
      String group = rule.getApiGroups().get(0);
      for (String resource : rule.getResources()) {
        String path = (group.isEmpty() ? "/api" : "/apis/" + group) + "/v1/" + resource;
        assertThat(rights.allow("GET", path)).isTrue();
        assertThat(rights.allow("GET", path + "?watch=true")).isTrue();
      }
    }
    assertThat(rights.allow("GET", "/api/v1/namespaces/redis/secrets/redis")).isFalse();
    String bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    assertThat(rights.allow("PUT", bindings + "/" + ZonesBinding.NAME)).isTrue();
    assertThat(rights.allow("PUT", bindings + "/cluster-admin")).isFalse();
    assertThat(rights.allow("POST", bindings)).isFalse();
    assertThat(rights.allow("GET", "/api/v1/nodes")).isFalse();
  }

  @Test
  void theExampleIsOneThatWorks() throws IOException {
    Plan plan = Plan.of(example(), Optional.empty());
    assertThat(plan.file().ports()).containsExactly(6380, 6381);
    // What is misspelt would be lost in between.
    JsonNode written =
        Manifests.parse(Files.readString(FOLDER.resolve("example.yaml"))).get(0).path("spec");
    assertThat(new ObjectMapper().<JsonNode>valueToTree(example().getSpec())).isEqualTo(written);
  }

  private static String role(JsonNode binding) {
    JsonNode role = binding.path("roleRef");
    return role.path("kind").textValue() + " " + role.path("name").textValue();
  }

  private static RedisProxy example() throws IOException {
    return Serialization.unmarshal(
        Files.readString(FOLDER.resolve("example.yaml")), RedisProxy.class);
  }

  private static Map<String, JsonNode> read(String file) throws IOException {
    Map<String, JsonNode> objects = new TreeMap<>();
    for (JsonNode object : Manifests.parse(Files.readString(FOLDER.resolve(file)))) {
      String name = Manifests.kind(object) + " " + object.at("/metadata/name").textValue();
      assertThat(objects.put(name, object)).isNull();
    }
    return objects;
  }
}
