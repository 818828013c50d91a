package io.redisproxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisproxy.fixture.TestCa;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsSettingsTest {
  @TempDir static Path folder;

  private static TestCa ca;
  private static TestCa.Issued server;

  @BeforeAll
  static void makeFiles() throws IOException {
    ca = new TestCa(folder, "ca");
    server = ca.issue("server");
    ca.issue("other");
    Files.writeString(folder.resolve("text"), "nothing of that kind\n");
    Files.writeString(folder.resolve("empty"), "");
    Files.createDirectory(folder.resolve("folder"));
    Files.writeString(
        folder.resolve("damaged"),
        Files.readString(server.certificateFile()).replaceFirst("MII.{40}", "MIIB"));
    Files.writeString(
        folder.resolve("encrypted"),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    ca.issue("rsa", "RSA");
  }

  @Test
  void certificateAndKeyAreAllThatAListenerNeeds() throws IOException {
    ListenerTls tls =
        load("'tls': { 'certificateFile': 'server.crt', 'keyFile': 'server.key' }").tls().get();

    assertThat(tls.identity().chain()).containsExactly(server.certificate());
    assertThat(tls.identity().privateKey()).isEqualTo(server.keys().getPrivate());
    assertThat(tls.clientAuth()).isEqualTo(ClientAuth.NONE);
    assertThat(tls.minProtocol().andLater()).containsExactly("TLSv1.2", "TLSv1.3");
  }

  @Test
  void aCaMeansThatClientsNeedACertificate() throws IOException {
    String files = "'certificateFile': 'server.crt', 'keyFile': 'server.key', 'caFile': 'ca.crt'";

    assertThat(load("'tls': { " + files + " }").tls().get().clientAuth())
        .isEqualTo(ClientAuth.REQUIRED);
    assertThat(load("'tls': { " + files + ", 'clientAuth': 'optional' }").tls().get().clientAuth())
        .isEqualTo(ClientAuth.OPTIONAL);
  }

  @Test
  void nodesNeedNothing() throws IOException {
    assertThat(load("'nodeTls': {}").nodeTls())
        .contains(
            new NodeTls(List.of(), Optional.empty(), true, Optional.empty(), TlsProtocol.TLS_1_2));
  }

  @Test
  void allIsReadThatNodesMayBeTold() throws IOException {
    NodeTls tls =
        load("'nodeTls': { 'caFile': 'ca.crt', 'certificateFile': 'rsa.crt', 'keyFile': 'rsa.key',"
                + " 'verifyHost': false, 'serverName': 'redis', 'minProtocol': 'TLSv1.3' }")
            .nodeTls()
            .get();

    assertThat(tls.ca()).hasSize(1);
    assertThat(tls.identity().get().privateKey().getAlgorithm()).isEqualTo("RSA");
    assertThat(tls.verifyHost()).isFalse();
    assertThat(tls.serverName()).contains("redis");
    assertThat(tls.minProtocol().andLater()).containsExactly("TLSv1.3");
  }

  @Test
  void readAgainItIsTheSameUntilAFileHasChanged(@TempDir Path own) throws IOException {
    TestCa.Issued issued = new TestCa(own, "ca").issue("server");
    String json = listener("'tls': { 'certificateFile': 'server.crt', 'keyFile': 'server.key' }");
    Path file = Files.writeString(own.resolve("listeners.json"), json);
    List<ListenerConfig> before = ConfigLoader.load(file);

    assertThat(ConfigLoader.load(file)).isEqualTo(before);
    Files.copy(ca.issue("renewed").certificateFile(), own.resolve("renewed.crt"));
    Files.writeString(issued.certificateFile(), Files.readString(folder.resolve("renewed.crt")));
    Files.writeString(issued.keyFile(), Files.readString(folder.resolve("renewed.key")));
    assertThat(ConfigLoader.load(file)).isNotEqualTo(before);
  }

  /** As OpenSSL writes them without being asked for PKCS #8. */
  @ParameterizedTest
  @ValueSource(strings = {"EC", "RSA"})
  void keysMayBeWrittenInTheOldWay(String algorithm) throws IOException {
    TestCa.Issued issued = ca.issue("old", algorithm);
    Files.writeString(
        folder.resolve("old.key"), TestCa.oldPem(issued.keys()).replace("\n", "\r\n"));

    assertThat(load("'tls': { 'certificateFile': 'old.crt', 'keyFile': 'old.key' }").tls())
        .isPresent();
    assertThat(Files.readString(folder.resolve("old.key")))
        .contains("BEGIN " + algorithm + " PRIVATE KEY");
  }

  @Test
  void noTextShowsTheKey() throws IOException {
    ListenerConfig config = load("'tls': { 'certificateFile': 'rsa.crt', 'keyFile': 'rsa.key' }");

    assertThat(config.toString())
        .contains("TlsIdentity[[CN=rsa]]")
        .doesNotContain("modulus", "RSA private");
  }

  @Test
  void whereTheFilesAreNotTheyAreNotLookedFor() {
    String json =
        listener(
            "'tls': { 'certificateFile': '/a', 'keyFile': '/b', 'caFile': '/c' },"
                + " 'nodeTls': { 'caFile': '/c', 'certificateFile': '/a', 'keyFile': '/b' }");

    assertThat(ConfigLoader.check(json.getBytes(StandardCharsets.UTF_8))).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | | \"certificateFile\" is missing; add \"certificateFile\": \"tls.crt\"",
        "{ 'keyFile': 'server.key' } | | \"certificateFile\" is missing",
        "{ 'certificateFile': 'server.crt' } | | \"keyFile\" is missing; add \"keyFile\": \"tls.key\"",
        "true | | true is not a description of TLS; write it as {",
        "{ C, 'keyFile': 'absent' } | .keyFile | not found; check the path",
        "{ 'certificateFile': 'absent', K } | .certificateFile | not found; check the path",
        "{ 'certificateFile': 'folder', K } | .certificateFile | this is a directory",
        "{ 'certificateFile': 'text', K } | .certificateFile | there is no certificate in it; name",
        "{ 'certificateFile': 'empty', K } | .certificateFile | there is no certificate in it",
        "{ 'certificateFile': 'server.key', K } | .certificateFile | there is no certificate in it",
        "{ 'certificateFile': 'damaged', K } | .certificateFile | a certificate in it is damaged (",
        "{ 'certificateFile': 5, K } | .certificateFile | 5 is not a path",
        "{ C, 'keyFile': 'text' } | .keyFile | there is no private key in it; name",
        "{ C, 'keyFile': 'server.crt' } | .keyFile | there is no private key in it",
        "{ C, 'keyFile': 'encrypted' } | .keyFile | the key is encrypted; write it without",
        "{ C, 'keyFile': 'other.key' } | .keyFile | the key is not that of the certificate in"
            + " \"server.crt\"; name the two",
        "{ C, 'keyFile': 'rsa.key' } | .keyFile | the key is not that of the certificate in",
        "{ C, K, 'caFile': 'text' } | .caFile | there is no certificate in it",
        "{ C, K, 'clientAuth': 'required' } | .clientAuth | it is not said who signs",
        "{ C, K, 'clientAuth': 'optional' } | .clientAuth | it is not said who signs",
        "{ C, K, 'caFile': 'ca.crt', 'clientAuth': 'none' } | .clientAuth | there is no use for",
        "{ C, K, 'clientAuth': 'yes' } | .clientAuth | use \"none\", \"optional\", \"required\"",
        "{ C, K, 'minProtocol': 'TLSv1.1' } | .minProtocol | is not one of the words for it; use",
        "{ C, K, 'minProtocol': 1.3 } | .minProtocol | 1.3 is not one of the words",
        "{ C, K, 'cert': 'server.crt' } | .cert | unknown key",
      })
  void mistakesAreToldWithTheirPlace(String tls, String place, String problem) {
    String written =
        tls.replace("C,", "'certificateFile': 'server.crt',")
            .replace("K", "'keyFile': 'server.key'");

    assertThatThrownBy(() -> load("'tls': " + written))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("listeners[0].tls" + (place == null ? "" : place) + ":")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'ca.crt' | : \"ca.crt\" is not a description of TLS; write it as { \"caFile\"",
        "{ 'caFile': 'absent' } | .caFile: not found",
        "{ 'caFile': 'server.key' } | .caFile: there is no certificate in it",
        "{ 'certificateFile': 'server.crt' } | : \"keyFile\" is missing",
        "{ 'keyFile': 'server.key' } | : \"certificateFile\" is missing",
        "{ 'verifyHost': 'no' } | .verifyHost: \"no\" is neither true nor false",
        "{ 'serverName': 'a b' } | .serverName: \"a b\" is not a host",
        "{ 'clientAuth': 'none' } | .clientAuth: unknown key",
      })
  void mistakesAboutNodesAreToldWithTheirPlace(String tls, String problem) {
    assertThatThrownBy(() -> load("'nodeTls': " + tls))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("listeners[0].nodeTls" + problem);
  }

  private static String listener(String keys) {
    return ("[ { 'listen': 6380, 'master': { 'host': 'host01', 'port': 6379 }, " + keys + " } ]")
        .replace('\'', '"');
  }

  private static ListenerConfig load(String keys) throws IOException {
    return ConfigLoader.load(Files.writeString(folder.resolve("listeners.json"), listener(keys)))
        .get(0);
  }
}
