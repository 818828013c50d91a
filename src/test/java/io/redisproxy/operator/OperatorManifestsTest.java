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
    JsonNode kustomization = read("kustomization.yaml").get("Kustomization");
    assertThat(kustomization.path("namespace").asText()).isEqualTo(NAMESPACE);
    Map<String, JsonNode> objects = new TreeMap<>();
    for (JsonNode resource : kustomization.path("resources")) {
      objects.putAll(read(resource.asText()));
    }
    JsonNode definition = objects.remove("CustomResourceDefinition");
    for (JsonNode object : objects.values()) {
      Models.read(object);
    }
    assertThat(definition.at("/metadata/name").asText()).isEqualTo("redisproxies.redisproxy.io");
    assertThat(objects.get("Namespace").at("/metadata/name").asText()).isEqualTo(NAMESPACE);
    JsonNode pod = objects.get("Deployment").at("/spec/template/spec");
    assertThat(pod.path("serviceAccountName"))
        .isEqualTo(objects.get("ServiceAccount").at("/metadata/name"));
    for (String kind : new String[] {"ClusterRole", "Role"}) {
      JsonNode binding = objects.get(kind + "Binding");
      assertThat(binding.at("/roleRef/kind").asText()).isEqualTo(kind);
      assertThat(binding.at("/roleRef/name")).isEqualTo(objects.get(kind).at("/metadata/name"));
      assertThat(binding.at("/subjects/0/name"))
          .isEqualTo(objects.get("ServiceAccount").at("/metadata/name"));
      assertThat(binding.at("/subjects/0/namespace").asText()).isEqualTo(NAMESPACE);
    }
    // The same image is what proxies get that name none.
    JsonNode proxies =
        Manifests.parse(Files.readString(Path.of("k8s/base/deployment.yaml"))).get(0);
    assertThat(pod.at("/containers/0/image"))
        .isEqualTo(proxies.at("/spec/template/spec/containers/0/image"));
  }

  @Test
  void theOperatorMayGiveWhatItGives() throws Exception {
    Rights rights = new Rights(FOLDER.resolve("rbac.yaml"));
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

  private static RedisProxy example() throws IOException {
    return Serialization.unmarshal(
        Files.readString(FOLDER.resolve("example.yaml")), RedisProxy.class);
  }

  private static Map<String, JsonNode> read(String file) throws IOException {
    Map<String, JsonNode> objects = new TreeMap<>();
    for (JsonNode object : Manifests.parse(Files.readString(FOLDER.resolve(file)))) {
      assertThat(objects.put(Manifests.kind(object), object)).isNull();
    }
    return objects;
  }
}
