package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.CommandOverride;
import io.redisproxy.config.Consistency;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What PROXY tells, and that it is true. */
class ProxyCommandsTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private RawClient client;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(2);
    proxy = TestProxy.start(group, Map.of(), TestProxy::eventual);
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    group.awaitInSync();
    client = proxy.connect();
  }

  @Test
  void helpNamesTheSubcommands() throws IOException {
    List<?> help = (List<?>) client.call("PROXY", "HELP");
    assertThat(help.get(0))
        .isEqualTo("PROXY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    assertThat(help.toString()).contains("CLIENTS", "EXPLAIN", "HELP", "TOPOLOGY");
  }

  @ParameterizedTest
  @CsvSource({
    "PROXY, wrong number of arguments for 'proxy' command",
    "proxy nosuch, unknown subcommand 'nosuch'. Try PROXY HELP.",
    "PROXY HELP me, wrong number of arguments for 'proxy|help' command",
    "PROXY CLIENTS x, wrong number of arguments for 'proxy|clients' command",
    "PROXY TOPOLOGY x, wrong number of arguments for 'proxy|topology' command",
    "proxy explain, wrong number of arguments for 'proxy|explain' command"
  })
  void whatIsWrongIsSaidInRedisWords(String request, String error) throws IOException {
    assertThat(client.call(request.split(" "))).isEqualTo(new RedisError("ERR " + error));
    assertThat(client.call("PING")).isEqualTo("PONG");
  }

  @Test
  void theTopologyIsWhatTheProxySeesOfItsNodes() throws IOException {
    Map<String, Object> topology = fields(client.call("PROXY", "TOPOLOGY"));
    assertThat(topology)
        .containsEntry("master", "127.0.0.1:" + group.master().port())
        .containsEntry("reason", "2 replicas follow it");
    assertThat((List<?>) topology.get("changes"))
        .hasSize(4)
        .anyMatch(change -> ((String) change).endsWith(" is up"));
    List<?> nodes = (List<?>) topology.get("nodes");
    assertThat(nodes).hasSize(3);
    Map<?, ?> master = fields(nodes.get(0));
    assertThat(master.get("node")).isEqualTo("127.0.0.1:" + group.master().port());
    assertThat(master.get("role")).isEqualTo("master");
    assertThat(master.get("health")).isEqualTo("up");
    assertThat(master.get("connected")).isEqualTo(1L);
    assertThat((Long) master.get("epoch")).isBetween(1L, 4095L);
    assertThat(fields(nodes.get(2)))
        .containsEntry("node", "127.0.0.1:" + group.replica(1).port())
        .containsEntry("role", "replica")
        .containsEntry("history", master.get("history"));
    await().until(() -> node(client, 2).get("lag-bytes").equals(0L));
    await().until(() -> (Long) node(client, 2).get("latency-us") > 0);
  }

  @Test
  void aReplicaThatIsSilentFallsBehind() throws IOException {
    try (RedisGroup others = RedisGroup.start(1);
        TestProxy other = TestProxy.start(others, Map.of("probe.timeout", "200ms"));
        RawClient asking = other.connect()) {
      await().until(() -> node(asking, 1).get("lag-bytes").equals(0L));
      others.replica(0).pause();
      asking.call("SET", "a", "x".repeat(1000));
      await().until(() -> (Long) node(asking, 1).get("lag-bytes") > 1000);
      await().until(() -> (Long) node(asking, 1).get("lag-seconds") >= 1);
      assertThat(node(asking, 0)).containsEntry("lag-bytes", 0L).containsEntry("lag-seconds", 0L);
      others.replica(0).resume();
      await().until(() -> node(asking, 1).get("lag-bytes").equals(0L));
    }
  }

  @Test
  void theTopologyTellsWhyANodeIsNotUsed() throws IOException {
    try (RedisGroup others = RedisGroup.start(1);
        TestProxy other = TestProxy.start(others);
        RawClient asking = other.connect()) {
      others.replica(0).kill();
      await().until(() -> !other.isReadable(0));
      await().until(() -> node(asking, 1).get("connected").equals(0L));
      assertThat(node(asking, 1).get("health")).isNotEqualTo("up").isNotEqualTo("");
      assertThat(node(asking, 0).get("health")).isEqualTo("up");
      assertThat((String) node(asking, 1).get("since"))
          .isGreaterThan((String) node(asking, 0).get("since"));
      assertThat(explain(asking, "GET a")).containsEntry("role", "master");
      assertThat((String) explain(asking, "GET a").get("reason"))
          .startsWith(
              "a read, but no healthy replica (127.0.0.1:" + others.replica(0).port() + ": ");
      others.master().kill();
      await()
          .untilAsserted(
              () ->
                  assertThat((String) explain(asking, "SET a 1").get("reason"))
                      .startsWith("a write; it can't be reached: "));
      assertThat(asking.call("SET", "a", "1")).isInstanceOf(RedisError.class);
    }
  }

  private static Map<String, Object> node(RawClient asking, int node) throws IOException {
    return fields(((List<?>) fields(asking.call("PROXY", "TOPOLOGY")).get("nodes")).get(node));
  }

  @Test
  void clientsAreThoseOfClientListWithTheirState() throws IOException {
    try (RawClient waiting = proxy.connect();
        RawClient relayed = proxy.connect()) {
      Object waitingId = waiting.call("CLIENT", "ID");
      Object relayedId = relayed.call("CLIENT", "ID");
      waiting.sendCommand("BLPOP", "nobody", "0");
      assertThat(relayed.call("MONITOR")).isEqualTo("OK");
      await().until(() -> line(waitingId).contains(" state=pinned pending=1"));
      assertThat(line(relayedId)).contains(" cmd=monitor ", " state=relaying pending=0");
      assertThat(line(client.call("CLIENT", "ID")))
          .contains(" cmd=proxy|clients ", " state=sharing pending=0");
    }
  }

  private String line(Object id) throws IOException {
    return ((String) client.call("PROXY", "CLIENTS"))
        .lines()
        .filter(line -> line.startsWith("id=" + id + " "))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aClientOfResp3GetsMapsAndVerbatimText() throws IOException {
    client.call("HELLO", "3");
    client.send("PROXY EXPLAIN GET a\r\n");
    assertThat(client.readLine()).isEqualTo("%7");
    assertThat(client.readText()).isEqualTo("command");
    assertThat(client.readText()).isEqualTo("GET");
    readFields(6);
    client.send("PROXY TOPOLOGY\r\n");
    assertThat(client.readLine()).isEqualTo("%4");
    readFields(2);
    client.readText();
    assertThat(client.readLine()).isEqualTo("*3");
    for (int node = 0; node < 3; node++) {
      assertThat(client.readLine()).isEqualTo("%12");
      readFields(12);
    }
    client.readText();
    assertThat(client.readLine()).isEqualTo("*4");
    for (int change = 0; change < 4; change++) {
      client.readText();
    }
    client.send("PROXY CLIENTS\r\n");
    assertThat(client.readLine()).startsWith("=");
  }

  private void readFields(int count) throws IOException {
    for (int i = 0; i < 2 * count; i++) {
      client.readText();
    }
  }

  @Test
  void allOfAnExplanationIsThere() throws IOException {
    assertThat((List<?>) client.call("PROXY", "EXPLAIN", "mset", "a", "1", "b", "2"))
        .isEqualTo(
            List.of(
                "command",
                "MSET",
                "class",
                "write",
                "keys",
                List.of("a", "b"),
                "node",
                "127.0.0.1:" + group.master().port(),
                "role",
                "master",
                "reason",
                "a write",
                "connection",
                "shared"));
  }

  @ParameterizedTest
  @CsvSource({
    "get a, GET, read, [a], replica, shared",
    "client list, CLIENT LIST, session, [], proxy, none",
    "PROXY EXPLAIN GET a, PROXY EXPLAIN, session, [], proxy, none",
    "NOSUCH a, unknown, write, [], master, shared",
    "client nosuch, CLIENT, write, [], master, shared",
    "CONFIG GET save, CONFIG GET, master, [], master, shared",
    "TOUCH a, TOUCH, master, [a], master, shared",
    "EVAL return(1) 1 a, EVAL, write, [a], master, shared",
    "PING, PING, any-node, [], replica, shared",
    "BLPOP a 0, BLPOP, pinned, [a], master, own",
    "INFO, INFO, read, [], replica, shared",
    "INFO replication, INFO, master, [], master, shared",
    "XREAD STREAMS a $, XREAD, read, [a], replica, shared",
    "XREAD BLOCK 0 STREAMS a $, XREAD, pinned, [a], master, own",
    "MULTI, MULTI, pinned, [], master, own",
    "MONITOR, MONITOR, relayed, [], master, own",
    "HSCAN h 0, HSCAN, cursor, [h], replica, shared",
    "HSCAN h x, HSCAN, cursor, [h], master, shared",
    "SCAN 17, SCAN, cursor, [], master, shared",
    "EVALSHA_RO 00 1 a, EVALSHA_RO, reading-script, [a], replica, shared",
    "SCRIPT LOAD x, SCRIPT LOAD, every-node, [], master, shared",
    "POST / HTTP, POST, close, [], proxy, none"
  })
  void everyKindOfCommandIsExplained(
      String request, String command, String commandClass, String keys, String role, String own)
      throws IOException {
    assertThat(
            Stream.of("command", "class", "keys", "role", "connection")
                .map(explain(client, request)::get)
                .map(Object::toString))
        .containsExactly(command, commandClass, keys.replace("'", ""), role, own);
  }

  @Test
  void theNodeThatIsNamedIsTheOneThatGetsTheRead() throws IOException {
    for (int i = 0; i < 4; i++) {
      Map<String, Object> explained = explain(client, "GET a");
      assertThat(explain(client, "GET a")).as("its turn is not over").isEqualTo(explained);
      int replica = explained.get("node").equals("127.0.0.1:" + group.replica(0).port()) ? 0 : 1;
      assertThat(explained.get("reason"))
          .isEqualTo("a read; replica " + (replica + 1) + " of 2 in turn");
      group.resetStats();
      client.call("GET", "a");
      assertThat(group.commandCount(group.replica(replica), "get")).isEqualTo(1);
      assertThat(group.commandCount(group.replica(1 - replica), "get")).isZero();
    }
  }

  @Test
  void aReadBehindAnUnansweredWriteIsTheMasters() throws IOException {
    client.send("SET a 1\r\nPROXY EXPLAIN GET a\r\n");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(fields(client.readText()))
        .containsEntry("role", "master")
        .containsEntry("reason", "a read, but writes of this client are unanswered");
  }

  @Test
  void aCursorIsExplainedByTheNodeThatGaveIt() throws IOException {
    for (int i = 0; i < 100; i++) {
      client.call("SET", "key" + i, "");
    }
    group.awaitInSync();
    Object node = explain(client, "SCAN 0").get("node");
    Object cursor = ((List<?>) client.call("SCAN", "0")).get(0);
    assertThat(cursor).isNotEqualTo("0");
    for (int i = 0; i < 2; i++) {
      client.call("GET", "a");
      assertThat(explain(client, "SCAN " + cursor))
          .containsEntry("node", node)
          .containsEntry("reason", "it gave the cursor");
    }
    assertThat(explain(client, "SCAN 2199023255553")).containsEntry("node", "proxy");
  }

  @Test
  void whatTheConfigurationSaysIsExplained() throws IOException {
    try (TestProxy configured =
            TestProxy.start(group, Map.of(), ProxyCommandsTest::withCommandsNamed);
        RawClient asking = configured.connect()) {
      assertThat(explain(asking, "KEYS *"))
          .containsEntry("class", "master")
          .containsEntry("role", "master")
          .containsEntry("reason", "the listener's configuration names it");
      assertThat(explain(asking, "MYMODULE.GET a"))
          .containsEntry("command", "unknown")
          .containsEntry("class", "read")
          .containsEntry("role", "replica");
      assertThat((String) explain(asking, "mymodule.get a").get("reason"))
          .startsWith("the listener's configuration names it; replica ");
      assertThat(explain(asking, "MYMODULE.SET a")).containsEntry("class", "write");
      assertThat(explain(asking, "config set save 1"))
          .containsEntry("class", "denied")
          .containsEntry("node", "proxy")
          .containsEntry("reason", "the listener's configuration denies it");
      assertThat(((RedisError) asking.call("PROXY", "CLIENTS")).message()).startsWith("NOPERM ");
    }
  }

  private static ListenerConfig withCommandsNamed(ListenerConfig config) {
    return ListenerBuilder.like(config)
        .commands(Map.of("KEYS", CommandOverride.MASTER, "MYMODULE.GET", CommandOverride.READ))
        .deny(Set.of("CONFIG SET", "PROXY CLIENTS"))
        .consistency(Consistency.EVENTUAL)
        .build();
  }

  @Test
  void aSessionWithItsOwnConnectionSendsAllOverIt() throws IOException {
    client.call("WATCH", "a");
    assertThat(explain(client, "GET a"))
        .containsEntry("role", "master")
        .containsEntry("reason", "this session's state is on its connection there")
        .containsEntry("connection", "own");
    assertThat(explain(client, "CLIENT ID")).containsEntry("node", "proxy");
    client.call("UNWATCH");
    assertThat(explain(client, "GET a")).containsEntry("role", "replica");
  }

  @Test
  void insideATransactionItIsAnUnknownCommandThatSpoilsIt() throws IOException {
    client.call("MULTI");
    assertThat(((RedisError) client.call("PROXY", "HELP")).message())
        .startsWith("ERR unknown command 'PROXY'");
    assertThat(((RedisError) client.call("EXEC")).message()).startsWith("EXECABORT");
    assertThat(explain(client, "GET a")).containsEntry("role", "replica");
  }

  @Test
  void aSubscriberOfResp2GetsWhatItsServerSays() throws IOException {
    client.call("SUBSCRIBE", "news");
    assertThat(client.call("PROXY", "HELP")).isInstanceOf(RedisError.class);
    client.call("UNSUBSCRIBE");
    assertThat(client.call("PROXY", "HELP")).isInstanceOf(List.class);
  }

  private static Map<String, Object> explain(RawClient asking, String request) throws IOException {
    return fields(asking.call(("PROXY EXPLAIN " + request).split(" ")));
  }

  private static Map<String, Object> fields(Object reply) {
    List<?> items = (List<?>) reply;
    Map<String, Object> fields = new HashMap<>();
    for (int i = 0; i < items.size(); i += 2) {
      fields.put((String) items.get(i), items.get(i + 1));
    }
    return fields;
  }
}
