package io.redisproxy.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What is committed under {@code k8s} is what the build generates. With {@code -Dk8s.update} its
 * files are written anew instead.
 */
class KubernetesKustomizationIT {
  private static final Path FOLDER = Path.of("k8s");
  private static final String LISTENERS = "redis-proxy-listeners";
  private static final String HEADER =
      "# Written by the build, see kustomization.yaml; don't edit.\n";

  @BeforeAll
  static void update() throws IOException {
    if (System.getProperty("k8s.update") != null) {
      for (Map.Entry<String, String> file : expected().entrySet()) {
        Files.writeString(FOLDER.resolve(file.getKey()), file.getValue());
      }
    }
  }

  @Test
  void filesAreThoseOfTheBuild() throws Exception {
    Map<String, String> expected = expected();

    assertThat(strings(kustomization().path("resources")))
        .containsExactlyInAnyOrderElementsOf(expected.keySet());
    for (Map.Entry<String, String> file : expected.entrySet()) {
      assertThat(FOLDER.resolve(file.getKey()))
          .as("written anew by ./mvnw verify -Dk8s.update")
          .hasContent(file.getValue());
    }
  }

  @Test
  void listenersAreThoseOfTheBuildAndOfTheExample() throws Exception {
    JsonNode generator = kustomization().at("/configMapGenerator/0");
    assertThat(generator.path("name").textValue()).isEqualTo(LISTENERS);
    assertThat(strings(generator.path("files"))).containsExactly("listeners.json");

    JsonNode configMap =
        Manifests.generated().stream()
            .filter(KubernetesKustomizationIT::isListeners)
            .findAny()
            .orElseThrow();
    assertThat(generator.at("/options/labels")).isEqualTo(configMap.at("/metadata/labels"));
    String example = Files.readString(Path.of("config/example_config.json"));
    assertThat(configMap.at("/data/listeners.json").textValue()).isEqualTo(example);
    assertThat(FOLDER.resolve("listeners.json")).hasContent(example);
  }

  @Test
  void kubectlMakesTheSameObjectsOfIt() throws Exception {
    assumeThat(isOnPath("kubectl")).as("kubectl is installed").isTrue();
    Process kubectl =
        new ProcessBuilder("kubectl", "kustomize", FOLDER.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(kubectl.getInputStream().readAllBytes(), UTF_8);
    assertThat(kubectl.waitFor()).isZero();

    assertThat(output).containsPattern(LISTENERS + "-[a-z0-9]{10}\n");
    String withoutHash = output.replaceAll(LISTENERS + "-[a-z0-9]{10}\n", LISTENERS + "\n");
    assertThat(texts(Manifests.parse(withoutHash))).isEqualTo(texts(Manifests.generated()));
  }

  /** The content of each file: every object of the build, but for the ConfigMap of listeners. */
  private static Map<String, String> expected() throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (JsonNode object : Manifests.generated()) {
      if (!isListeners(object)) {
        String file = Manifests.kind(object).toLowerCase(Locale.ROOT) + ".yaml";
        assertThat(files.put(file, HEADER + Manifests.text(object)))
            .as("a second " + file)
            .isNull();
      }
    }
    return files;
  }

  private static boolean isListeners(JsonNode object) {
    return Manifests.kind(object).equals("ConfigMap") && Manifests.name(object).equals(LISTENERS);
  }

  private static JsonNode kustomization() throws IOException {
    return Manifests.parse(Files.readString(FOLDER.resolve("kustomization.yaml"))).get(0);
  }

  private static List<String> strings(JsonNode array) {
    return new ObjectMapper().convertValue(array, new TypeReference<List<String>>() {});
  }

  private static Map<String, String> texts(List<JsonNode> objects) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    for (JsonNode object : objects) {
      texts.put(Manifests.kind(object) + " " + Manifests.name(object), Manifests.text(object));
    }
    return texts;
  }

  private static boolean isOnPath(String program) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
