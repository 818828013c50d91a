package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.metrics.ReloadMeters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the metrics tell of what happened. */
class MetricsTest {
  /** A row of the README: name, type, labels, meaning. */
  private static final Pattern ROW =
      Pattern.compile("\\| `(redis_proxy_\\w+)` \\| (\\w+) \\| (.*?) \\| .+ \\|");

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  private static String replica;
  private static String master;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group, Map.of("probe.timeout", "1s"), TestProxy::eventual);
    master = "127.0.0.1:" + group.master().port();
    replica = "node=127.0.0.1:" + group.replica(0).port();
  }

  @Test
  void commandsAreCountedWithTheRoleOfWhoAnswered() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.call("HSET", "hash", "field", "value");
      for (int i = 0; i < 3; i++) {
        client.call("HGET", "hash", "field");
      }
      client.call("CLIENT", "ID");
      client.call("NO.SUCH", "a");
    }
    Scrape scrape = scrape();
    String total = "redis_proxy_commands_total";
    assertThat(scrape.sum(total, "command=hset", "role=master")).isEqualTo(1);
    assertThat(scrape.sum(total, "command=hget", "role=replica")).isEqualTo(3);
    assertThat(scrape.sum(total, "command=hget", "role=master")).isZero();
    assertThat(scrape.sum(total, "command=client|id", "role=proxy")).isEqualTo(1);
    assertThat(scrape.sum(total, "command=unknown", "role=master")).isEqualTo(1);
    String seconds = "redis_proxy_command_seconds";
    assertThat(scrape.sum(seconds + "_count", "command=hget", "role=replica")).isEqualTo(3);
    assertThat(scrape.sum(seconds + "_bucket", "command=hget", "le=+Inf")).isEqualTo(3);
    assertThat(scrape.sum(seconds + "_sum", "command=hget")).isPositive().isLessThan(10);
    assertThat(scrape.sum(total, "listener=" + proxy.port())).isEqualTo(scrape.sum(total));
  }

  @Test
  void nothingIsCountedOfAMasterAsAReplica() {
    assertThat(scrape().samples())
        .filteredOn(sample -> master.equals(sample.labels().get("node")))
        .filteredOn(sample -> sample.labels().containsKey("role"))
        .isNotEmpty()
        .allMatch(sample -> sample.labels().get("role").equals("master"));
    assertThat(scrape().sum("redis_proxy_node_up", "node=" + master)).isEqualTo(1);
    assertThat(scrape().text()).contains("redis_proxy_requests_total{class=\"read\"");
  }

  @Test
  void aRunCountsAsOneForItsFirstCommandInTheHistograms() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.send("LPUSH list a\r\n");
      assertThat(client.readText()).isEqualTo(1L);
      client.send("*2\r\n$4\r\nLLEN\r\n$4\r\nlist\r\n*2\r\n$4\r\nTYPE\r\n$4\r\nlist\r\n");
      client.readText();
      client.readText();
    }
    Scrape scrape = scrape();
    assertThat(scrape.sum("redis_proxy_commands_total", "command=llen")).isEqualTo(1);
    assertThat(scrape.sum("redis_proxy_commands_total", "command=type")).isEqualTo(1);
    double runs =
        scrape.sum("redis_proxy_command_seconds_count", "command=llen")
            + scrape.sum("redis_proxy_command_seconds_count", "command=type");
    // Two where the first request came alone.
    assertThat(runs).isBetween(1.0, 2.0);
  }

  @Test
  void whoWaitsIsSeenAndDoesNotMakeTheNodeSlow() throws IOException {
    double before = scrape().sum("redis_proxy_request_seconds_count");
    try (RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      client.sendCommand("BLPOP", "empty", "0");
      await().until(() -> scrape().sum("redis_proxy_clients_blocked") == 1);
      assertThat(scrape().sum("redis_proxy_clients_pinned")).isEqualTo(1);
      other.call("RPUSH", "empty", "1");
      client.readText();
    }
    Scrape scrape = scrape();
    assertThat(scrape.sum("redis_proxy_command_seconds_count", "command=blpop")).isEqualTo(1);
    assertThat(scrape.sum("redis_proxy_request_seconds_count")).isEqualTo(before + 1);
    await().until(() -> scrape().sum("redis_proxy_clients_pinned") == 0);
  }

  @Test
  void aSilentReplicaIsBehindAndHasRequestsInFlight() throws IOException {
    try (RawClient reader = proxy.connect();
        RawClient writer = proxy.connect()) {
      await().until(() -> scrape().sum("redis_proxy_node_lag_bytes", replica) == 0);
      // One for each event loop, and perhaps one that large replies have needed beside.
      await().until(() -> scrape().sum("redis_proxy_node_connections", replica) >= 2);
      await().until(() -> proxy.allHealthy());
      group.replica(0).pause();
      reader.sendCommand("GET", "a");
      await().until(() -> scrape().sum("redis_proxy_node_in_flight", replica) == 1);
      writer.call("SET", "a", "x".repeat(1000));
      await().until(() -> scrape().sum("redis_proxy_node_lag_bytes", replica) > 1000);
      await().until(() -> scrape().sum("redis_proxy_node_lag_seconds", replica) > 0.2);
      await().until(() -> scrape().sum("redis_proxy_node_up", replica) == 0);
      group.replica(0).resume();
      reader.readText();
    } finally {
      group.replica(0).resume();
    }
    await().until(() -> scrape().sum("redis_proxy_node_in_flight") == 0);
    await().until(() -> scrape().sum("redis_proxy_node_lag_bytes", replica) == 0);
    await().until(() -> scrape().sum("redis_proxy_node_lag_seconds", replica) == 0);
    await().until(() -> proxy.allHealthy());
  }

  @Test
  void whatAClientDoesNotTakeIsSeen() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.call("SET", "large", "x".repeat(1_000_000));
      group.awaitInSync();
      for (int i = 0; i < 100; i++) {
        client.sendCommand("GETRANGE", "large", "0", "-1");
      }
      // Netty's low water mark: with less, more would be read from the node.
      await().until(() -> scrape().sum("redis_proxy_clients_output_bytes") > 32 * 1024);
      assertThat(scrape().sum("redis_proxy_clients_output_largest_bytes")).isPositive();
    }
    await().until(() -> scrape().sum("redis_proxy_clients_output_bytes") == 0);
  }

  @Test
  void clientsThatComeAndGoLeaveNoSeriesBehind() throws IOException {
    comeAndGo();
    long before = scrape().samples().size();
    for (int i = 0; i < 20; i++) {
      comeAndGo();
    }
    assertThat(scrape().samples()).hasSize((int) before);
  }

  private static void comeAndGo() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      RawClient client = proxy.connect();
      clients.add(client);
      client.call("CLIENT", "SETNAME", "name-" + System.nanoTime());
      client.call("GET", "key-" + System.nanoTime());
    }
    RawClient.closeAll(clients);
    await().until(() -> scrape().sum("redis_proxy_clients") == 0);
  }

  @Test
  void theReadmeListsWhatIsServed() throws IOException {
    Scrape scrape;
    // Fresh reads and traces have metrics of their own.
    try (TestProxy fresh = TestProxy.start(group, Map.of("traces.endpoint", "http://127.0.0.1:9"));
        RawClient client = fresh.connect()) {
      client.call("GET", "a");
      // The application has one of these.
      new ReloadMeters(fresh.registry());
      // As have listeners with TLS.
      new ProxyMeters(fresh.registry()).certificate("6381", "tls", Instant.now());
      scrape = new Scrape(fresh.scrape());
    }
    Map<String, String> served = new TreeMap<>();
    scrape.types().forEach((name, type) -> served.put(name, type + " " + scrape.labels(name)));
    Map<String, String> listed = new TreeMap<>();
    ROW.matcher(Files.readString(Path.of("README.md")))
        .results()
        .forEach(
            row -> {
              List<String> labels =
                  Pattern.compile("`(\\w+)`")
                      .matcher(row.group(3))
                      .results()
                      .map(label -> label.group(1))
                      .sorted()
                      .toList();
              listed.put(row.group(1), row.group(2) + " " + labels);
            });
    assertThat(listed).isEqualTo(served);
  }

  private static Scrape scrape() {
    return new Scrape(proxy.scrape());
  }
}
