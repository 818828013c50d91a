package io.redisproxy.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Kubernetes objects as trees, and as text that is the same for every build. */
public final class Manifests {
  static final Path GENERATED = Path.of("target/kubernetes/kubernetes.yml");

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .enable(YAMLGenerator.Feature.INDENT_ARRAYS_WITH_INDICATOR)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .build();

  private Manifests() {}

  /** Writes a kustomization of the base with all components into a folder. */
  public static void writeWithAllComponents(Path folder, String namespace) throws IOException {
    Files.writeString(
        folder.resolve("kustomization.yaml"),
        """
        namespace: %2$s
        resources: [ %1$s ]
        components:
          - %1$s/components/discovery
          - %1$s/components/zones
          - %1$s/components/hpa
          - %1$s/components/service-monitor
          - %1$s/components/tls
          - %1$s/components/alerts
          - %1$s/components/dashboard
        """
            .formatted(folder.toRealPath().relativize(Path.of("k8s").toRealPath()), namespace));
  }

  static List<JsonNode> generated() throws IOException {
    return parse(Files.readString(GENERATED));
  }

  public static List<JsonNode> parse(String yaml) throws IOException {
    List<JsonNode> objects = new ArrayList<>();
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
      documents.forEachRemaining(objects::add);
    }
    return objects;
  }

  public static String kind(JsonNode object) {
    return object.path("kind").textValue();
  }

  static String name(JsonNode object) {
    return object.path("metadata").path("name").textValue();
  }

  /** YAML with keys in the order of the alphabet, and ports by name: theirs differs by build. */
  static String text(JsonNode object) throws JsonProcessingException {
    JsonNode sorted = object.deepCopy();
    sorted.findValues("ports").forEach(ports -> sort((ArrayNode) ports));
    // Only maps are sorted by their keys, not trees.
    return YAML.writeValueAsString(YAML.treeToValue(sorted, Map.class));
  }

  private static void sort(ArrayNode ports) {
    List<JsonNode> elements = new ArrayList<>();
    ports.forEach(elements::add);
    // Those of a NetworkPolicy have no names, and stay as they are written.
    elements.sort(Comparator.comparing(port -> ((ObjectNode) port).path("name").asText()));
    ports.removeAll().addAll(elements);
  }
}
