package io.redisproxy.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The committed CustomResourceDefinition is what the types come to, and takes what the proxy takes.
 * With {@code -Dk8s.update} the file is written anew instead.
 */
class CustomResourceDefinitionTest {
  private static final Path FILE = Path.of("k8s/operator/crd.yaml");
  private static final Path SCHEMA = Path.of("config/listeners.schema.json");
  private static final String HEADER =
      "# Generated from io.redisproxy.operator.v1alpha1, see CustomResourceDefinitionTest.\n";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the generator has no words for: a spec has to be there, and the order of the columns. */
  private static final class AsMeant implements CRDPostProcessor {
    @Override
    public HasMetadata process(HasMetadata definition, String version) {
      List<String> columns =
          Arrays.stream(RedisProxy.class.getAnnotationsByType(AdditionalPrinterColumn.class))
              .map(AdditionalPrinterColumn::name)
              .toList();
      ((CustomResourceDefinition) definition)
          .getSpec()
          .getVersions()
          .forEach(
              each -> {
                each.getSchema().getOpenAPIV3Schema().setRequired(List.of("spec"));
                each.getAdditionalPrinterColumns()
                    .sort(Comparator.comparing(column -> columns.indexOf(column.getName())));
              });
      return definition;
    }
  }

  @TempDir static Path folder;
  private static String generated;

  @BeforeAll
  static void generate() throws IOException {
    new CRDGenerator()
        .customResourceClasses(RedisProxy.class)
        .forCRDVersions("v1")
        .withPostProcessor(new AsMeant())
        .inOutputDir(folder.toFile())
        .detailedGenerate();
    generated = HEADER + Files.readString(folder.resolve("redisproxies.redisproxy.io-v1.yml"));
    if (System.getProperty("k8s.update") != null) {
      Files.writeString(FILE, generated);
    }
  }

  @Test
  void theFileIsWhatTheTypesComeTo() {
    assertThat(FILE).as("written anew by ./mvnw test -Dk8s.update").hasContent(generated);
  }

  @Test
  void listenersAreThoseOfTheProxysOwnFile() throws IOException {
    JsonNode file = JSON.readTree(SCHEMA.toFile());
    JsonNode listener =
        new YAMLMapper()
            .readTree(generated)
            .at(
                "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/listeners/items");

    assertThat(flat(listener, listener, ""))
        .hasSizeGreaterThan(40)
        .isEqualTo(flat(file, file.at("/$defs/listener"), ""));
  }

  /** What is in files of the proxy, and in Secrets here. */
  private static final Pattern SECRET =
      Pattern.compile("(password|ca|certificate|key)(File|Secret)?");

  /** Each property with what it may be, however deep; secrets by what they are. */
  private static Map<String, String> flat(JsonNode root, JsonNode object, String path) {
    Map<String, String> flat = new TreeMap<>();
    for (Map.Entry<String, JsonNode> property : object.path("properties").properties()) {
      String name = path + "/" + property.getKey();
      Matcher secret = SECRET.matcher(property.getKey());
      if (secret.matches()) {
        flat.put(path + "/" + secret.group(1).replace("key", "certificate"), "");
        continue;
      }
      JsonNode value = resolve(root, property.getValue());
      JsonNode inner = value.has("items") ? resolve(root, value.path("items")) : value;
      JsonNode last =
          inner.path("additionalProperties").isObject()
              ? inner.path("additionalProperties")
              : inner;
      flat.put(name, limits(value) + " " + limits(last));
      flat.putAll(flat(root, last, name));
    }
    return flat;
  }

  private static JsonNode resolve(JsonNode root, JsonNode schema) {
    String ref = schema.path("$ref").asText();
    return ref.isEmpty() ? schema : root.at(ref.substring(1));
  }

  private static Map<String, String> limits(JsonNode schema) {
    Map<String, String> limits = new LinkedHashMap<>();
    for (String key : new String[] {"minimum", "maximum"}) {
      if (schema.has(key)) {
        limits.put(key, String.valueOf(schema.get(key).asDouble()));
      }
    }
    if (schema.has("pattern")) {
      limits.put("pattern", schema.get("pattern").asText().replaceAll("\\\\u00(..)", "\\\\x$1"));
    }
    if (schema.has("enum")) {
      Map<String, String> words = new TreeMap<>();
      schema.get("enum").forEach(word -> words.put(word.asText(), ""));
      limits.put("enum", String.join(" ", words.keySet()));
    }
    if (schema.path("minItems").asInt() > 0) {
      limits.put("minItems", schema.get("minItems").asText());
    }
    return limits;
  }
}
