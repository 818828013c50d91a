package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.CommandOverride;
import io.redisproxy.config.Consistency;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener's own word on commands: where they go, and which are refused, whatever the way. */
class OverridesTest {
  private static final String LARGE = "x".repeat(100_000);

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  private RawClient client;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy =
        TestProxy.start(
            group,
            Map.of("client.max-shared-request", "4K"),
            config ->
                ListenerBuilder.like(config)
                    .commands(
                        Map.of(
                            "GET", CommandOverride.MASTER,
                            "LCS", CommandOverride.WRITE,
                            "OBJECT FREQ", CommandOverride.READ,
                            "MODULE.GET", CommandOverride.READ,
                            "MODULE.SUB READ", CommandOverride.READ))
                    .deny(
                        Set.of(
                            "FLUSHALL",
                            "CONFIG SET",
                            "DEBUG",
                            "MODULE.DROP",
                            "SET",
                            "OBJECT BREAK"))
                    .consistency(Consistency.EVENTUAL)
                    .build());
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    group.call(group.master(), "MSET", "a", "1", "b", "2");
    group.awaitInSync();
    client = proxy.connect();
  }

  @AfterEach
  void everyConnectionIsGivenBack() throws IOException {
    client.close();
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
  }

  @Test
  void readsGoToTheMasterWhereTheListenerSaysSo() throws IOException {
    assertThat(requestsAtReplica("GET a", "LCS a b", "MODULE.SUB WRITE", "NOSUCH x")).isZero();
    // What an unknown command may have written has to be on the replica first.
    await().until(() -> requestsAtReplica("STRLEN a", "MGET a b") == 2);
  }

  @Test
  void commandsOfModulesGoToReplicasWhereTheListenerSaysSo() throws IOException {
    assertThat(requestsAtReplica("MODULE.GET x", "module.get x", "MODULE.SUB read x")).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FLUSHALL",
        "flushall",
        "CONFIG SET maxmemory 0",
        "config set x y",
        "DEBUG SLEEP 0",
        "DEBUG",
        "DEBUG NOSUCH",
        "module.drop x",
        "object break x",
        "SET a 2"
      })
  void aDeniedCommandIsRefusedAndCountedAndTheSessionGoesOn(String line) throws IOException {
    double before = denied();
    assertIsDenied(client.call(line.split(" ")));
    client.send("INCR b\r\n" + line + "\r\nINCR b\r\n");
    assertThat(client.readText()).isEqualTo(3L);
    assertIsDenied(client.readText());
    assertThat(client.readText()).isEqualTo(4L);
    client.call("WATCH", "a");
    assertIsDenied(client.call(line.split(" ")));
    assertThat(denied()).isEqualTo(before + 3);
    assertThat(group.call(group.master(), "GET", "a")).isEqualTo("1");
  }

  @Test
  void whatIsNotNamedBesideADeniedSubcommandIsAsEver() throws IOException {
    assertThat(client.call("OBJECT", "ENCODING", "a")).isEqualTo("int");
    assertThat(((RedisError) client.call("OBJECT", "NOSUCH", "a")).message())
        .startsWith("ERR unknown subcommand 'NOSUCH'");
    assertThat(((RedisError) client.call("OBJECT")).message()).startsWith("ERR wrong number");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FLUSHALL",
        "CONFIG SET maxmemory 0",
        "MODULE.DROP x",
        "SET a 2",
        "OBJECT BREAK x"
      })
  void aDeniedCommandInATransactionMakesItFail(String line) throws IOException {
    client.send("MULTI\r\nINCR b\r\n" + line + "\r\nINCR b\r\nEXEC\r\nGET b\r\n");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("QUEUED");
    assertIsDenied(client.readText());
    assertThat(client.readText()).isEqualTo("QUEUED");
    assertThat(((RedisError) client.readText()).message()).startsWith("EXECABORT");
    assertThat(client.readText()).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MULTI;CLIENT GETNAME",
        "MULTI;SELECT 1;EXEC",
        "MULTI;HELLO 2",
        "MULTI;SUBSCRIBE c;EXEC",
        "MONITOR"
      })
  void aDeniedCommandDoesNotPassAConnectionThatIsRelayedEither(String lines) throws IOException {
    for (String denied : new String[] {"FLUSHALL", "SET b 3", "MODULE.DROP x", "SET b "}) {
      double before = denied();
      try (RawClient relayed = proxy.connect()) {
        for (String line : lines.split(";")) {
          relayed.call(line.split(" "));
        }
        relayed.call("PING");
        relayed.send("PING\r\n");
        relayed.send(denied.endsWith(" ") ? announced(denied) : denied + "\r\n");
        assertThat(relayed.readToEnd()).contains("-NOPERM redis-proxy: ");
      }
      assertThat(denied()).isEqualTo(before + 1);
      assertThat(group.call(group.master(), "GET", "b")).isEqualTo("2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLUSHALL", "SET b "})
  void aDeniedCommandDoesNotPassARelayedConnectionBehindOneThatCameInPieces(String denied)
      throws IOException {
    String before = "INCR b\r\n*2\r\n$4\r\nINCR\r\n$1\r\nb\r\n";
    String requests =
        before + (denied.endsWith(" ") ? announced(denied) : "*1\r\n$8\r\n" + denied + "\r\n");
    for (int split = 1; split <= before.length(); split++) {
      try (RawClient relayed = proxy.connect()) {
        relayed.call("MULTI");
        relayed.call("CLIENT", "GETNAME");
        double read = bytesIn() + split;
        relayed.send(requests.substring(0, split));
        await().pollInterval(Duration.ofMillis(1)).until(() -> bytesIn() == read);
        relayed.send(requests.substring(split));
        assertThat(relayed.readToEnd())
            .describedAs("split at %d", split)
            .matches("(\\+QUEUED\r\n){2}-NOPERM .*\r\n");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLUSHALL", "SET b "})
  void whatARelayedConnectionWaitsForIsAnsweredBeforeTheDenial(String denied) throws IOException {
    client.send("MULTI\r\nSELECT 0\r\nEXEC\r\nBLPOP l 0.01\r\nINCR b\r\n");
    client.send(denied.endsWith(" ") ? announced(denied) : denied + "\r\nINCR b\r\n");
    assertThat(client.readToEnd())
        .startsWith("+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n*-1\r\n:3\r\n-NOPERM ");
    assertThat(group.call(group.master(), "GET", "b")).isEqualTo("3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET b ", "CONFIG SET maxmemory ", "MODULE.DROP x ", "DEBUG OBJECT "})
  void aDeniedRequestThatIsTooLargeToBeSkippedEndsTheSession(String beginning) throws IOException {
    double before = denied();
    client.send(announced(beginning));
    assertThat(client.readToEnd()).startsWith("-ERR redis-proxy: a denied request is too large");
    assertThat(denied()).isEqualTo(before + 1);
    assertThat(group.call(group.master(), "GET", "b")).isEqualTo("2");
  }

  @Test
  void aLargeRequestThatIsNotDeniedPassesEverywhere() throws IOException {
    assertThat(client.call("APPEND", "c", LARGE)).isEqualTo((long) LARGE.length());
    assertThat((String) client.call("SCRIPT", "LOAD", "return 1 --" + LARGE)).hasSize(40);
    client.call("MULTI");
    client.call("CLIENT", "GETNAME");
    assertThat(client.call("APPEND", "c", LARGE)).isEqualTo("QUEUED");
    client.sendCommand("EXEC");
    assertThat(client.readText().toString()).contains("" + 2 * LARGE.length());
  }

  /** A request whose last argument is large, and has not come. */
  private static String announced(String beginning) {
    String[] words = beginning.split(" ");
    StringBuilder request = new StringBuilder("*" + (words.length + 1) + "\r\n");
    for (String word : words) {
      request.append("$" + word.length() + "\r\n" + word + "\r\n");
    }
    return request + "$" + LARGE.length() + "\r\n";
  }

  private static double bytesIn() {
    return proxy.counted("redis_proxy.client.bytes", "direction", "in");
  }

  private static double denied() {
    return proxy.counted("redis_proxy.errors", "kind", "denied");
  }

  private static void assertIsDenied(Object reply) {
    assertThat(((RedisError) reply).message())
        .startsWith("NOPERM redis-proxy: ")
        .endsWith(" is denied by the configuration of this listener");
  }

  private double requestsAtReplica(String... lines) throws IOException {
    double before = proxy.counted("redis_proxy.requests", "role", "replica");
    for (String line : lines) {
      client.call(line.split(" "));
    }
    return proxy.counted("redis_proxy.requests", "role", "replica") - before;
  }
}
