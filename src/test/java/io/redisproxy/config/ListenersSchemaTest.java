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
    assertThat(schema.validate(read(Path.of("config/example_auth.json")))).isEmpty();
    assertThat(schema.validate(read(Path.of("config/example_sentinel.json")))).isEmpty();
    assertThat(schema.validate(MAPPER.readTree(ConfigLoader.SAMPLE))).isEmpty();
    assertThat(schema.validate(json.at("/examples/0"))).isEmpty();
  }

  @Test
  void schemaAndLoaderKnowTheSameKeys() {
    assertThat(keys("listener")).isEqualTo(ListenersParser.KEYS);
    assertThat(keys("node")).isEqualTo(NodesParser.KEYS);
    assertThat(keys("auth")).isEqualTo(CredentialsParser.KEYS);
    assertThat(keys("sentinel")).isEqualTo(SentinelParser.KEYS);
    assertThat(keys("kubernetes")).isEqualTo(KubernetesParser.KEYS);
    assertThat(json.at("/$defs/kubernetes/properties/namespace/pattern").textValue())
        .isEqualTo(KubernetesParser.NAME);
    assertThat(json.at("/$defs/kubernetes/properties/service/pattern").textValue())
        .isEqualTo(KubernetesParser.NAME);
    assertThat(json.at("/$defs/kubernetes/properties/selector/pattern").textValue())
        .isEqualTo(KubernetesParser.SELECTOR);
    assertThat(json.at("/$defs/kubernetes/properties/roleLabel/pattern").textValue())
        .isEqualTo(KubernetesParser.LABEL);
    assertThat(keys("sentinelNode")).isEqualTo(SentinelParser.NODE_KEYS);
    assertThat(keys("tls")).isEqualTo(TlsParser.KEYS);
    assertThat(keys("nodeTls")).isEqualTo(TlsParser.NODE_KEYS);
    assertThat(keys("hedge")).isEqualTo(ResilienceParser.HEDGE_KEYS);
  }

  @Test
  void schemaAndLoaderTakeTheSameWords() {
    assertThat(json.at("/$defs/node/properties/host/pattern").textValue()).isEqualTo(Value.HOST);
    assertThat(json.at("/$defs/nodeTls/properties/serverName/pattern").textValue())
        .isEqualTo(Value.HOST);
    assertThat(json.at("/$defs/username/pattern").textValue()).isEqualTo(Value.USERNAME);
    assertThat(json.at("/$defs/sentinel/properties/service/pattern").textValue())
        .isEqualTo(SentinelParser.SERVICE);
    assertThat(json.at("/$defs/passwordFile/pattern").textValue()).isEqualTo(PasswordFile.PATH);
    assertThat(json.at("/$defs/listener/properties/masterFallback/pattern").textValue())
        .isEqualTo(ResilienceParser.FALLBACK);
    assertThat(json.at("/$defs/listener/properties/readAttempts/maximum").intValue())
        .isEqualTo(ResilienceParser.MAX_ATTEMPTS);
    assertThat(json.at("/$defs/hedge/properties/quantile/minimum").doubleValue())
        .isEqualTo(ResilienceParser.LEAST_QUANTILE);
    assertThat(json.at("/$defs/hedge/properties/quantile/maximum").doubleValue())
        .isEqualTo(ResilienceParser.MOST_QUANTILE);
    assertThat(json.at("/$defs/command/pattern").textValue()).isEqualTo(CommandsParser.NAME);
    assertThat(json.at("/$defs/listener/properties/nilRecheck/items/anyOf/1/pattern").textValue())
        .isEqualTo(CommandsParser.PREFIX);
    assertThat(json.at("/$defs/time/pattern").textValue()).isEqualTo(Value.TIME);
    assertThat(json.at("/$defs/listener/properties/commands/additionalProperties/enum"))
        .extracting(JsonNode::textValue)
        .containsExactlyElementsOf(CommandsParser.OVERRIDES);
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'username': 'u'",
        "'username': 'a b', 'password': 'p'",
        "'username': '', 'password': 'p'",
        "'username': 1, 'password': 'p'",
        "'password': ''",
        "'password': 5",
        "'password': null",
        "'password': 'p', 'passwordFile': 'p'",
        "'passwordFile': ''",
        "'passwordFile': 5",
        "'readTimeout': 5",
        "'readTimeout': '5'",
        "'readTimeout': '0ms'",
        "'readTimeout': '1.5s'",
        "'readTimeout': null",
        "'readAttempts': 0",
        "'readAttempts': 11",
        "'readAttempts': '2'",
        "'readAttempts': 1.5",
        "'masterFallback': 'sometimes'",
        "'masterFallback': 100",
        "'masterFallback': '0/s'",
        "'masterFallback': '100/m'",
        "'holdWrites': '-1s'",
        "'holdWrites': '2 s'",
        "'hedge': true",
        "'hedge': { 'quantile': 99 }",
        "'hedge': { 'quantile': '0.99' }",
        "'hedge': { 'quantile': 1 }",
        "'hedge': { 'floor': 1 }",
        "'hedge': { 'maxPercent': 0 }",
        "'hedge': { 'maxPercent': 101 }",
        "'hedge': { 'maxPercent': 0.5 }",
        "'hedge': { 'percent': 5 }",
        "'passwordFile': 'a\\nb'",
        "'auth': 'p'",
        "'auth': {}",
        "'auth': { 'username': 'u' }",
        "'auth': { 'password': 'p', 'passwordFile': 'p' }",
        "'auth': { 'password': 'p', 'pass': 'p' }",
        "'tls': {}",
        "'tls': true",
        "'tls': { 'certificateFile': 'a' }",
        "'tls': { 'keyFile': 'a' }",
        "'tls': { 'certificateFile': '', 'keyFile': 'a' }",
        "'tls': { 'certificateFile': 'a', 'keyFile': 'a', 'clientAuth': 'required' }",
        "'tls': { 'certificateFile': 'a', 'keyFile': 'a', 'clientAuth': 'none', 'caFile': 'a' }",
        "'tls': { 'certificateFile': 'a', 'keyFile': 'a', 'minProtocol': 'TLSv1' }",
        "'tls': { 'certificateFile': 'a', 'keyFile': 'a', 'verifyHost': true }",
        "'nodeTls': true",
        "'nodeTls': { 'certificateFile': 'a' }",
        "'nodeTls': { 'keyFile': 'a' }",
        "'nodeTls': { 'verifyHost': 'yes' }",
        "'nodeTls': { 'serverName': '' }",
        "'nodeTls': { 'clientAuth': 'none' }",
        "'commands': []",
        "'commands': { '': 'read' }",
        "'commands': { 'A  B': 'read' }",
        "'commands': { 'A|B|C': 'read' }",
        "'commands': { 'A': 'READ' }",
        "'commands': { 'A': null }",
        "'deny': 'FLUSHALL'",
        "'deny': {}",
        "'deny': [ 1 ]",
        "'deny': [ ' A' ]",
        "'deny': [ 'A\\u0000' ]",
        "'deny': [ '\\u00e9' ]",
        "'nilRecheck': 'GET'",
        "'nilRecheck': {}",
        "'nilRecheck': [ 1 ]",
        "'nilRecheck': [ '' ]",
        "'nilRecheck': [ 'A  B' ]",
        "'nilRecheck': [ 'user*:' , '\\u00e9' ]",
        "'readPolicy': 'random'",
        "'includeMaster': 'yes'",
        "'touchMaster': 1",
        "'maxLagBytes': 0",
        "'maxLagBytes': 1.5",
        "'maxLagBytes': '64M'",
        "'maxLagBytes': 1125899906842625",
        "'maxLagSeconds': 0",
        "'maxLagSeconds': 86401",
        "'maxLagSeconds': '30s'",
        "'probeInterval': 1",
        "'probeInterval': '0ms'",
        "'probeInterval': '00s'",
        "'probeTimeout': '1h'",
        "'probeTimeout': '1.5s'",
        "'probeTimeout': '123456789ms'",
        "'unhealthyAfter': 0",
        "'healthyAfter': 101",
        "'staleGrace': '10'",
        "'staleGrace': null",
      })
  void schemaAndLoaderRefuseTheSameSettings(String keys, @TempDir Path folder) throws IOException {
    schemaAndLoaderRefuseTheSame(
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, " + keys + " } ]",
        folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'username': 'u'",
        "'weight': -1",
        "'weight': 101",
        "'weight': 1.5",
        "'zone': ''",
        "'zone': ' '",
        "'zone': 1",
        "'password': 5",
        "'password': 'p', 'passwordFile': 'p'",
        "'passwordFile': ''",
        "'auth': { 'password': 'p' }",
      })
  void schemaAndLoaderRefuseTheSameSettingsOfNodes(String keys, @TempDir Path folder)
      throws IOException {
    schemaAndLoaderRefuseTheSame(
        "[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379, " + keys + " } } ]",
        folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'kubernetes': 'app=redis'",
        "'kubernetes': {}",
        "'kubernetes': { 'selector': '' }",
        "'kubernetes': { 'selector': 'app=redis;' }",
        "'kubernetes': { 'selector': 'app=redis', 'service': 'redis' }",
        "'kubernetes': { 'service': 'Redis' }",
        "'kubernetes': { 'service': 'redis', 'namespace': 'a.b' }",
        "'kubernetes': { 'selector': 'app=redis', 'roleLabel': 'a b' }",
        "'kubernetes': { 'selector': 'app=redis', 'port': 0 }",
        "'kubernetes': { 'selector': 'app=redis', 'ports': [ 1 ] }",
        "'kubernetes': { 'selector': 'app=redis' }, 'slave': []",
        "'sentinel': 'mymaster'",
        "'sentinel': {}",
        "'sentinel': { 'service': 'mymaster' }",
        "'sentinel': { 'nodes': [ { 'host': 'host01', 'port': 26379 } ] }",
        "'sentinel': { 'service': '', 'nodes': [ { 'host': 'host01', 'port': 26379 } ] }",
        "'sentinel': { 'service': 'my master', 'nodes': [ { 'host': 'host01', 'port': 26379 } ] }",
        "'sentinel': { 'service': 1, 'nodes': [ { 'host': 'host01', 'port': 26379 } ] }",
        "'sentinel': { 'service': 'mymaster', 'nodes': [] }",
        "'sentinel': { 'service': 'mymaster', 'nodes': {} }",
        "'sentinel': { 'service': 'mymaster', 'nodes': [ { 'host': 'host01' } ] }",
        "'sentinel': { 'service': 'mymaster', 'nodes': [ { 'host': 'host01', 'port': 0 } ] }",
        "'sentinel': { 'service': 'mymaster', 'nodes': [ { 'host': 'host01', 'port': 26379,"
            + " 'password': 'p' } ] }",
        "'sentinel': { 'service': 'mymaster', 'nodes': [ { 'host': 'host01', 'port': 26379 } ],"
            + " 'username': 'u' }",
        "'sentinel': { 'service': 'mymaster', 'nodes': [ { 'host': 'host01', 'port': 26379 } ] },"
            + " 'slave': []",
        "'sentinel': { 'service': 'mymaster', 'nodes': [ { 'host': 'host01', 'port': 26379 } ] },"
            + " 'master': { 'host': 'host01', 'port': 6379 }",
      })
  void schemaAndLoaderRefuseTheSameSentinels(String keys, @TempDir Path folder) throws IOException {
    schemaAndLoaderRefuseTheSame("[ { 'listen': 6380, " + keys + " } ]", folder);
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
