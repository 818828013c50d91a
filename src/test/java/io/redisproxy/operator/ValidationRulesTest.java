package io.redisproxy.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.redisproxy.config.ConfigException;
import io.redisproxy.kubernetes.Manifests;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The CEL rules of the CustomResourceDefinition refuse what they are there to refuse, and nothing
 * else. {@code validation-rules.yaml} has resources for each.
 */
class ValidationRulesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode SCHEMA =
      read(Path.of("k8s/operator/crd.yaml")).get(0).at("/spec/versions/0/schema/openAPIV3Schema");
  private static final ValidationRules RULES = new ValidationRules(SCHEMA);
  private static final JsonSchema SHAPE =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(SCHEMA);

  @TestFactory
  Stream<DynamicTest> breaksTheseRulesAndNoOthers() {
    return cases().stream()
        .map(each -> dynamicTest(each.path("what").asText(), () -> breaksWhatItSays(each)));
  }

  private static void breaksWhatItSays(JsonNode each) throws IOException {
    JsonNode resource = resource(each);
    // Rules are asked only about what has the right shape.
    assertThat(SHAPE.validate(resource)).isEmpty();
    RedisProxy proxy = JSON.treeToValue(resource, RedisProxy.class);
    assertThat(JSON.<JsonNode>valueToTree(proxy.getSpec()))
        .as("what is misspelt is lost in between")
        .isEqualTo(resource.path("spec"));

    List<String> violations = violations(resource);

    List<String> expected = new ArrayList<>();
    each.path("breaks").forEach(rule -> expected.add(rule.asText()));
    assertThat(violations).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(violations.get(i)).startsWith(expected.get(i));
    }
    // A rule about listeners refuses what the proxy would.
    if (violations.isEmpty() || violations.get(0).startsWith("spec.listeners[")) {
      assertThat(proxyTakes(proxy)).isEqualTo(violations.isEmpty());
    }
  }

  @Test
  void eachRuleIsKeptByOneAndBrokenByAnother() {
    Set<String> kept = new HashSet<>();
    Set<String> broken = new HashSet<>();
    for (JsonNode each : cases()) {
      for (ValidationRules.Verdict verdict : RULES.verdicts(resource(each))) {
        (verdict.kept() ? kept : broken).add(verdict.rule());
      }
    }

    assertThat(RULES.all()).hasSizeGreaterThan(10);
    assertThat(kept).containsExactlyInAnyOrderElementsOf(RULES.all());
    assertThat(broken).containsExactlyInAnyOrderElementsOf(RULES.all());
  }

  @Test
  void theExampleBreaksNone() {
    JsonNode example = read(Path.of("k8s/operator/example.yaml")).get(0);
    assertThat(SHAPE.validate(example)).isEmpty();
    assertThat(violations(example)).isEmpty();
  }

  private static boolean proxyTakes(RedisProxy proxy) {
    try {
      return !ListenersFile.of(proxy.getSpec().listeners()).ports().isEmpty();
    } catch (ConfigException e) {
      return false;
    }
  }

  static List<JsonNode> cases() {
    return read(Path.of("src/test/resources/validation-rules.yaml"));
  }

  private static List<String> violations(JsonNode resource) {
    return RULES.verdicts(resource).stream()
        .filter(verdict -> !verdict.kept())
        .map(ValidationRules.Verdict::message)
        .toList();
  }

  static JsonNode resource(JsonNode each) {
    ObjectNode resource = JSON.createObjectNode();
    resource.put("apiVersion", "redisproxy.io/v1alpha1").put("kind", "RedisProxy");
    resource.putObject("metadata").put("name", each.path("name").asText("cache"));
    resource.set("spec", each.get("spec"));
    return resource;
  }

  private static List<JsonNode> read(Path file) {
    try {
      return Manifests.parse(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
