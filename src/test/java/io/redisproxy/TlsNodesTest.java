package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.NodeTls;
import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Sentinels;
import io.redisproxy.fixture.TestCa;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Servers that are connected to by TLS, and ask for a certificate themselves. */
class TlsNodesTest {
  private static final Map<String, String> SETTINGS = Map.of("node.connect-timeout", "5s");

  @TempDir static Path folder;

  @AutoClose private static RedisGroup group;
  private static TestCa ca;
  private static int master;
  private static int replica;

  @BeforeAll
  static void start() throws IOException {
    ca = new TestCa(folder, "ca");
    new TestCa(Files.createDirectories(folder.resolve("others")), "ca").issue("proxy");
    ca.issue("proxy");
    // The first time that a JVM makes use of TLS it takes its time.
    ca.client(null);
    group = RedisGroup.start(1);
    master = secure(group.master(), ca.issue("server"));
    replica = secure(group.replica(0), ca.issue("server"));
  }

  @Test
  void allConnectionsAreMadeByTls() throws IOException {
    try (TestProxy proxy = start(tls("'caFile': 'ca.crt', " + own("proxy")))) {
      try (RawClient client = proxy.connect();
          RawClient other = proxy.connect()) {
        assertThat(client.call("SET", "shared", "1")).isEqualTo("OK");
        group.resetStats();
        await()
            .until(
                () -> {
                  assertThat(client.call("GET", "shared")).isEqualTo("1");
                  return group.commandCount(group.replica(0), "get") > 0;
                });
        assertThat(client.call("MULTI")).isEqualTo("OK");
        assertThat(client.call("INCR", "shared")).isEqualTo("QUEUED");
        assertThat(client.call("EXEC")).isEqualTo(List.of(2L));
        assertThat(client.call("SELECT", "3")).isEqualTo("OK");
        client.sendCommand("BLPOP", "list", "0");
        await().until(() -> proxy.gauge("redis_proxy.clients.blocked") == 1);
        assertThat(other.call("SELECT", "3")).isEqualTo("OK");
        assertThat(other.call("RPUSH", "list", "a")).isEqualTo(1L);
        assertThat(client.readText()).isEqualTo(List.of("list", "a"));
      }
    }
  }

  /** Larger than what waits anywhere on the way. */
  @Test
  void largeValuesGoBothWays() throws IOException {
    try (TestProxy proxy = start(tls("'caFile': 'ca.crt', " + own("proxy")));
        RawClient client = proxy.connect()) {
      String value = "0123456789abcdef".repeat(1 << 20);
      assertThat(client.call("SET", "large", value)).isEqualTo("OK");
      for (int i = 0; i < 3; i++) {
        client.sendCommand("GET", "large");
      }
      for (int i = 0; i < 3; i++) {
        assertThat(client.readText()).isEqualTo(value);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"caFile\": \"others/ca.crt\", OWN | its certificate is refused: ",
        "OWN | its certificate is refused: ",
        "\"caFile\": \"ca.crt\", \"serverName\": \"redis\", OWN | certificate is refused: No"
            + " subject alternative DNS",
        "\"caFile\": \"ca.crt\" | it refuses TLS: certificate_required",
        "\"caFile\": \"ca.crt\", OTHER | it refuses TLS: ",
      })
  void whatDoesNotFitIsToldOfTheServer(String said, String problem) {
    String keys =
        said.replace("OWN", own("proxy")).replace("OTHER", own("others/proxy")).replace('"', '\'');
    assertTold(master, keys, problem);
  }

  @Test
  void aCertificateThatHasExpiredIsRefused() throws IOException {
    try (RedisNode node = RedisNode.start(List.of())) {
      int port = secure(node, ca.issueExpired("expired"));

      assertTold(
          port, "'caFile': 'ca.crt', " + own("proxy"), "its certificate is refused: NotAfter");
    }
  }

  @Test
  void aServerOfAnotherNameIsTakenIfThatIsSaid() throws IOException {
    try (RedisNode node = RedisNode.start(List.of())) {
      int port = secure(node, ca.issueFor("named", "redis.example"));
      String keys = "'caFile': 'ca.crt', " + own("proxy");

      assertTold(port, keys, "its certificate is refused: No subject alternative names");
      for (String more : List.of(", 'serverName': 'redis.example'", ", 'verifyHost': false")) {
        try (TestProxy proxy =
                TestProxy.start(
                    SETTINGS,
                    config -> ListenerBuilder.like(config).nodeTls(tls(keys + more)).build(),
                    port);
            RawClient client = proxy.connect()) {
          assertThat(client.call("SET", "named", "1")).isEqualTo("OK");
        }
      }
    }
  }

  @Test
  void aServerWithoutTlsIsTold() {
    // It may say so, or wait for more.
    assertTold(
        Map.of("node.connect-timeout", "200ms"),
        group.master().port(),
        "'caFile': 'ca.crt'",
        "TLS");
  }

  /** The proxy's own certificate is another one from time to time. */
  @Test
  void theOwnCertificateIsExchangedUnderLoad() throws Exception {
    int port = FreePorts.next();
    Path file = Files.writeString(folder.resolve("reloaded.json"), listener(port, "proxy"));
    try (TestProxy proxy = TestProxy.startFrom(file, SETTINGS);
        CountingClients clients = new CountingClients(20, () -> port)) {
      for (int i = 0; i < 10; i++) {
        ca.issue("proxy" + i);
        Files.writeString(file, listener(port, "proxy" + i));
        String last = "CN=proxy" + i;
        await().until(() -> proxy.listeners().get(0).nodeTls().get().toString().contains(last));
        long before = clients.replies();
        await().until(() -> clients.replies() > before + 500);
        assertThat(clients.errors()).isEmpty();
      }
      assertThat(clients.ends()).isZero();
    }
  }

  @Test
  void sentinelsAreAskedByTlsAndAgainWithAnotherCertificate() throws IOException {
    String[] arguments = {
      "--tls-ca-cert-file", ca.file().toString(),
      "--tls-cert-file", folder.resolve("proxy.crt").toString(),
      "--tls-key-file", folder.resolve("proxy.key").toString(),
      "--tls-replication", "yes"
    };
    ca.issue("proxy");
    ca.issue("next");
    int sentinelPort = FreePorts.next();
    List<String> lines = new ArrayList<>(List.of("tls-port " + sentinelPort));
    for (int i = 0; i < arguments.length; i += 2) {
      lines.add(arguments[i].substring(2) + " " + arguments[i + 1]);
    }
    int port = FreePorts.next();
    Path file =
        Files.writeString(folder.resolve("sentinel.json"), asking(port, sentinelPort, "proxy"));
    try (RedisNode node = RedisNode.start(List.of(arguments))) {
      int served = secure(node, ca.issue("server"));
      try (RedisNode sentinel = Sentinels.startOne(served, 1, lines.toArray(String[]::new));
          TestProxy proxy = TestProxy.startFrom(file, SETTINGS);
          RawClient client = new RawClient(port);
          RawClient direct = new RawClient(sentinel.port())) {
        await().until(() -> "OK".equals(client.call("SET", "by", "Sentinel")));
        assertThat(sentinel.port()).isNotEqualTo(sentinelPort);
        await().until(() -> connections(direct, sentinelPort).size() == 2);
        List<String> before = connections(direct, sentinelPort);

        Files.writeString(file, asking(port, sentinelPort, "next"));
        await()
            .until(
                () -> {
                  List<String> now = connections(direct, sentinelPort);
                  return now.size() == 2 && now.stream().noneMatch(before::contains);
                });
        assertThat(client.call("GET", "by")).isEqualTo("Sentinel");
        await().until(proxy::allHealthy);
      }
    }
  }

  /** The numbers of those to its port for TLS. */
  private static List<String> connections(RawClient sentinel, int port) throws IOException {
    return ((String) sentinel.call("CLIENT", "LIST"))
        .lines()
        .filter(line -> line.contains(" laddr=127.0.0.1:" + port + " "))
        .map(line -> line.split(" ")[0])
        .toList();
  }

  private static String asking(int port, int sentinelPort, String name) {
    String json =
        "[ { 'listen': %d, 'sentinel': { 'service': '%s', 'nodes': [ { 'host': '127.0.0.1',"
            + " 'port': %d } ] }, 'nodeTls': { 'caFile': 'ca.crt', %s } } ]";
    return json.formatted(port, Sentinels.SERVICE, sentinelPort, own(name)).replace('\'', '"');
  }

  private static void assertTold(int port, String keys, String problem) {
    assertTold(SETTINGS, port, keys, problem);
  }

  private static void assertTold(
      Map<String, String> settings, int port, String keys, String problem) {
    try (TestProxy proxy =
        TestProxy.startAtOnce(
            settings,
            listen ->
                ListenerBuilder.like(
                        new ListenerConfig(listen, new NodeAddress("127.0.0.1", port), List.of()))
                    .nodeTls(tls(keys))
                    .build())) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(proxy.group().topology().nodes().get(0).toString()).contains(problem));
    }
  }

  private static TestProxy start(NodeTls tls) {
    return TestProxy.start(
        SETTINGS, config -> ListenerBuilder.like(config).nodeTls(tls).build(), master, replica);
  }

  private static String own(String name) {
    return "'certificateFile': '" + name + ".crt', 'keyFile': '" + name + ".key'";
  }

  private static NodeTls tls(String keys) {
    String json =
        "[ { 'listen': 1, 'master': { 'host': 'h', 'port': 1 }, 'nodeTls': { " + keys + " } } ]";
    try {
      Path file = Files.writeString(folder.resolve("listeners.json"), json.replace('\'', '"'));
      return ConfigLoader.load(file).get(0).nodeTls().get();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String listener(int port, String name) {
    String json =
        "[ { 'listen': %d, 'master': { 'host': '127.0.0.1', 'port': %d }, 'slave': [ { 'host':"
            + " '127.0.0.1', 'port': %d } ], 'nodeTls': { 'caFile': 'ca.crt', %s } } ]";
    return json.formatted(port, master, replica, own(name)).replace('\'', '"');
  }

  /** Opens a port for TLS at the server beside the one it has; returns it. */
  private static int secure(RedisNode node, TestCa.Issued shown) throws IOException {
    int port = FreePorts.next();
    try (RawClient client = new RawClient(node.port())) {
      assertThat(
              client.call(
                  "CONFIG",
                  "SET",
                  "tls-ca-cert-file",
                  ca.file().toString(),
                  "tls-cert-file",
                  shown.certificateFile().toString(),
                  "tls-key-file",
                  shown.keyFile().toString(),
                  "tls-port",
                  "" + port))
          .isEqualTo("OK");
    }
    return port;
  }
}
