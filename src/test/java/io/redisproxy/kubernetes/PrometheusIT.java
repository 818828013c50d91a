package io.redisproxy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.PackagedProxy;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A Prometheus scrapes the packaged program for {@code -Dprometheus.minutes}, 10 at the least for
 * the alerts to fire, while replicas fail. Without the property nothing is done.
 */
class PrometheusIT {
  private static final Logger LOG = Logger.getLogger(PrometheusIT.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MINUTES = Integer.getInteger("prometheus.minutes", 0);
  private static final Path PROMETHEUS =
      Path.of(System.getProperty("prometheus", "/usr/bin/prometheus"));
  private static final int CLIENTS = 10_000;
  private static final int AT_ONCE = 200;
  private static final int LOADERS = 4;

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port = FreePorts.next();
  private final List<String> wrong = new ArrayList<>();
  private final AtomicInteger requests = new AtomicInteger();
  private final List<RawClient> clients = new ArrayList<>();
  private long begun;

  @TempDir Path folder;

  @BeforeEach
  void check() {
    assumeThat(MINUTES).as("-Dprometheus.minutes").isPositive();
    assumeThat(PROMETHEUS).isExecutable();
  }

  @AfterEach
  void hangUp() throws IOException {
    RawClient.closeAll(clients);
  }

  @Test
  void allThatIsAskedForIsThere() throws Exception {
    try (RedisGroup group = RedisGroup.start(2);
        PackagedProxy proxy = new PackagedProxy(folder, group)) {
      proxy.start();
      Process prometheus = start(proxy);
      try {
        begun = System.nanoTime();
        ScheduledExecutorService loaders = load(proxy);
        await().atMost(Duration.ofMinutes(1)).ignoreExceptions().until(() -> value("sum(up)") == 1);
        reach(0.1);
        clientsLeaveNoSeriesBehind(proxy);
        group.replica(0).kill();
        reach(0.45);
        group.replica(0).restart();
        reach(0.5);
        group.replica(1).pause();
        reach(0.9);
        group.replica(1).resume();
        reach(1);
        loaders.shutdown();
        assertThat(loaders.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        LOG.infof("%d requests, wrong: %s", requests.get(), wrong);
        assertThat(wrong).isEmpty();
        everyQueryHasAnAnswer();
        rulesAreHealthy();
        scrapesHaveSucceeded();
        if (MINUTES >= 10) {
          assertThat(fired()).contains("RedisProxyReplicaDown", "RedisProxyReplicaBehind");
        }
      } finally {
        prometheus.destroy();
        prometheus.waitFor();
      }
    }
  }

  private Process start(PackagedProxy proxy) throws IOException {
    JSON.writeValue(folder.resolve("rules.yaml").toFile(), Monitoring.spec());
    Path config = folder.resolve("prometheus.yaml");
    Files.writeString(
        config,
        """
        global: { scrape_interval: 5s, evaluation_interval: 5s }
        rule_files: [ rules.yaml ]
        scrape_configs:
          - job_name: redis-proxy
            metrics_path: /q/metrics
            static_configs:
              - targets: [ "127.0.0.1:%d" ]
                labels: { namespace: test }
        """
            .formatted(proxy.httpPort()));
    return new ProcessBuilder(
            PROMETHEUS.toString(),
            "--config.file=" + config,
            "--storage.tsdb.path=" + folder.resolve("data"),
            "--web.listen-address=127.0.0.1:" + port)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("prometheus.log").toFile())
        .start();
  }

  /** Waits until a part of the time is over. */
  private void reach(double part) {
    Duration all = Duration.ofMinutes(MINUTES);
    await()
        .atMost(all)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> System.nanoTime() - begun > part * all.toNanos());
  }

  /** Some hundred requests a second, each of which has to succeed. */
  private ScheduledExecutorService load(PackagedProxy proxy) throws IOException {
    ScheduledExecutorService loaders = Executors.newScheduledThreadPool(LOADERS);
    for (int i = 0; i < LOADERS; i++) {
      String key = "key-" + i;
      RawClient client = new RawClient(proxy.port());
      clients.add(client);
      loaders.scheduleWithFixedDelay(() -> load(client, key), 0, 50, TimeUnit.MILLISECONDS);
    }
    return loaders;
  }

  private void load(RawClient client, String key) {
    try {
      String value = "value " + requests.get();
      check("OK", client.call("SET", key, value));
      for (int read = 0; read < 3; read++) {
        check(value, client.call("GET", key));
      }
      check(List.of(value), client.call("MGET", key));
      check(List.of("OK"), transaction(client, key, value));
    } catch (IOException e) {
      fail(e.toString());
      // None comes after one that can't be read.
      throw new UncheckedIOException(e);
    }
  }

  private static Object transaction(RawClient client, String key, String value) throws IOException {
    client.call("MULTI");
    client.call("SET", key, value);
    return client.call("EXEC");
  }

  private void check(Object expected, Object reply) {
    requests.incrementAndGet();
    if (!expected.equals(reply)) {
      fail(expected + " was " + reply);
    }
  }

  private void fail(String what) {
    synchronized (wrong) {
      wrong.add(what);
    }
  }

  private void clientsLeaveNoSeriesBehind(PackagedProxy proxy) throws Exception {
    comeAndGo(proxy, AT_ONCE);
    Set<String> before = series(proxy);
    double counted = value("count({job=\"redis-proxy\"})");
    comeAndGo(proxy, CLIENTS);
    Set<String> after = series(proxy);
    LOG.infof(
        "%d series before %d clients came and went, %d after; %.0f in Prometheus before",
        before.size(), CLIENTS, after.size(), counted);
    assertThat(after).isEqualTo(before);
  }

  private void comeAndGo(PackagedProxy proxy, int count) throws Exception {
    for (int done = 0; done < count; done += AT_ONCE) {
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        RawClient client = new RawClient(proxy.port());
        clients.add(client);
        check("OK", client.call("CLIENT", "SETNAME", "client-" + done + "-" + i));
        client.call("GET", "no-such-key-" + done + "-" + i);
      }
      RawClient.closeAll(clients);
    }
    await().until(() -> proxy.http("/q/metrics").body().contains(clientsLine(proxy)));
  }

  /** Those of the load alone. */
  private static String clientsLine(PackagedProxy proxy) {
    return "redis_proxy_clients{listener=\"" + proxy.port() + "\"} " + LOADERS + ".0";
  }

  private static Set<String> series(PackagedProxy proxy) throws Exception {
    return proxy
        .http("/q/metrics")
        .body()
        .lines()
        .filter(line -> !line.startsWith("#"))
        // The JVM makes one for each kind of collection that there was.
        .filter(line -> !line.startsWith("jvm_gc_pause"))
        .map(line -> line.substring(0, line.lastIndexOf(' ')))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void everyQueryHasAnAnswer() throws Exception {
    List<String> queries = Monitoring.queries();
    List<String> empty = new ArrayList<>();
    for (String query : queries) {
      if (query(query).isEmpty()) {
        empty.add(query);
      }
    }
    LOG.infof("%d queries of the dashboard, without an answer: %s", queries.size(), empty);
    assertThat(empty).isEmpty();
  }

  private void rulesAreHealthy() throws Exception {
    List<String> ill = new ArrayList<>();
    int rules = 0;
    for (JsonNode group : ask("rules").at("/data/groups")) {
      for (JsonNode rule : group.path("rules")) {
        rules++;
        if (!rule.path("health").asText().equals("ok")) {
          ill.add(rule.toString());
        }
      }
    }
    LOG.infof("%d rules, not healthy: %s; fired: %s", rules, ill, fired());
    assertThat(rules)
        .isEqualTo(Monitoring.rules("record").size() + Monitoring.rules("alert").size());
    assertThat(ill).isEmpty();
    for (JsonNode rule : Monitoring.rules("record")) {
      String name = rule.path("record").asText();
      assertThat(query(name)).as(name).isNotEmpty();
    }
  }

  private void scrapesHaveSucceeded() throws Exception {
    LOG.infof(
        "scrapes: %.0f, of %.0f samples, longest %.3f s; the proxy: %.0f MB, %.1f %% of the CPU",
        value("sum(count_over_time(up[1h]))"),
        value("max(scrape_samples_scraped)"),
        value("max(max_over_time(scrape_duration_seconds[1h]))"),
        value("sum(jvm_memory_used_bytes)") / (1 << 20),
        100 * value("sum(avg_over_time(process_cpu_usage[1h]))"));
    // Before its first scrape Prometheus has nothing to tell.
    assertThat(value("min(min_over_time(up[1h]))")).isEqualTo(1);
  }

  private Set<String> fired() throws Exception {
    Set<String> names = new TreeSet<>();
    query("max by (alertname) (max_over_time(ALERTS{alertstate=\"firing\"}[1h]))")
        .forEach(result -> names.add(result.at("/metric/alertname").asText()));
    return names;
  }

  private double value(String query) throws Exception {
    List<JsonNode> results = query(query);
    return results.isEmpty() ? Double.NaN : results.get(0).at("/value/1").asDouble();
  }

  private List<JsonNode> query(String query) throws Exception {
    JsonNode answer = ask("query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
    assertThat(answer.path("status").asText()).as(query + answer).isEqualTo("success");
    List<JsonNode> results = new ArrayList<>();
    answer.at("/data/result").forEach(results::add);
    return results;
  }

  private JsonNode ask(String path) throws Exception {
    return JSON.readTree(
        http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/" + path))
                    .build(),
                HttpResponse.BodyHandlers.ofString())
            .body());
  }
}
