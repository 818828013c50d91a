package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenersSchemaTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final JsonNode json = read(Path.of("config/listeners.schema.json"));
  private final JsonSchema schema =
      JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(json);

  @Test
  void theSchemaIsASchema() {
    JsonSchema meta =
        JsonSchemaFactory.getInstance(VersionFlag.V202012)
            .getSchema(java.net.URI.create("https://json-schema.org/draft/2020-12/schema"));

    assertThat(meta.validate(json)).isEmpty();
  }

  @Test
  void theExamplesFollowTheSchema() throws IOException {
    assertThat(schema.validate(read(Path.of("config/example_config.json")))).isEmpty();
    assertThat(schema.validate(MAPPER.readTree(ConfigLoader.SAMPLE))).isEmpty();
    assertThat(schema.validate(json.at("/examples/0"))).isEmpty();
  }

  @Test
  void schemaAndLoaderKnowTheSameKeys() {
    assertThat(keys("listener")).isEqualTo(ListenersParser.LISTENER_KEYS);
    assertThat(keys("node")).isEqualTo(ListenersParser.NODE_KEYS);
  }

  @Test
  void schemaAndLoaderTakeTheSameHosts() {
    assertThat(json.at("/$defs/node/properties/host/pattern").textValue()).isEqualTo(Value.HOST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "6380",
        "{}",
        "[]",
        "[ 6380 ]",
        "[ {} ]",
        "[ { 'listen': 6380 } ]",
        "[ { 'master': { 'host': 'host01', 'port': 6379 } } ]",
        "[ { 'listen': 0, 'master': { 'host': 'host01', 'port': 6379 } } ]",
        "[ { 'listen': 6380, 'master': null } ]",
        "[ { 'listen': 6380, 'master': 'host01:6379' } ]",
        "[ { 'listen': 6380, 'master': { 'port': 6379 } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01' } } ]",
        "[ { 'listen': 6380, 'master': { 'host': '', 'port': 6379 } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host 01', 'port': 6379 } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01:6379', 'port': 6379 } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 1, 'port': 6379 } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 70000 } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379.5 } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': '6379' } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': null } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379, 'db': 0 } } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, 'slaves': [] } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, 'slave': null } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, 'slave': {} } ]",
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, 'slave': [ 1 ] } ]",
      })
  void schemaAndLoaderRefuseTheSame(String text, @TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("listeners.json"), text.replace('\'', '"'));

    assertThat(schema.validate(read(file))).isNotEmpty();
    assertThatThrownBy(() -> ConfigLoader.load(file)).isInstanceOf(ConfigException.class);
  }

  private List<String> keys(String definition) {
    List<String> keys = new java.util.ArrayList<>();
    json.at("/$defs/" + definition + "/properties").fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  private static JsonNode read(Path file) {
    try {
      return MAPPER.readTree(file.toFile());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
