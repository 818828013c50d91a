package io.redisproxy.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisproxy.Scrape;
import io.redisproxy.TestProxy;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.metrics.ProxyMeters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alerts and the dashboard ask for what the proxy serves. */
class MonitoringTest {
  private static final Path RULES_TEST = Path.of("src/test/resources/alerts-test.yaml");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Pattern METRIC =
      Pattern.compile("(?<![\\w:])(redis_proxy_\\w+)(?![\\w:])(?:\\{(.*?)})?");
  private static final Pattern RECORDED = Pattern.compile("redis_proxy:[\\w:]+");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"");

  /** {@code by (...)} and {@code on (...)}. */
  private static final Pattern GROUPING = Pattern.compile("\\b(?:by|on) \\(([^)]*)\\)");

  /** What Prometheus adds to each series. */
  private static final Set<String> OF_THE_TARGET = Set.of("namespace", "job", "instance", "le");

  private static Scrape scrape;

  @TempDir Path folder;

  @BeforeAll
  static void scrape() throws IOException {
    try (RedisGroup group = RedisGroup.start(1);
        TestProxy proxy = TestProxy.start(group, Map.of(), TestProxy::eventual);
        RawClient client = proxy.connect()) {
      // As listeners with TLS have.
      new ProxyMeters(proxy.registry()).certificate("6381", "tls", Instant.now());
      client.call("SET", "a", "1");
      client.call("GET", "a");
      await()
          .until(
              () -> !Double.isNaN(new Scrape(proxy.scrape()).sum("redis_proxy_node_lag_seconds")));
      scrape = new Scrape(proxy.scrape());
    }
  }

  @Test
  void rulesAskForWhatIsServed() throws IOException {
    Set<String> recorded = new HashSet<>();
    Monitoring.rules("record").forEach(rule -> recorded.add(rule.path("record").textValue()));
    List<JsonNode> all = new ArrayList<>(Monitoring.rules("record"));
    all.addAll(Monitoring.rules("alert"));
    assertThat(all).hasSizeGreaterThan(10);
    for (JsonNode rule : all) {
      String expression = rule.path("expr").textValue();
      checkNames(expression);
      RECORDED
          .matcher(expression)
          .results()
          .forEach(name -> assertThat(recorded).contains(name.group()));
    }
  }

  @Test
  void alertsSayWhatIsWrongAndHowBad() throws IOException {
    for (JsonNode alert : Monitoring.rules("alert")) {
      assertThat(alert.at("/labels/severity").textValue()).isIn("critical", "warning", "info");
      assertThat(alert.at("/annotations/summary").textValue()).isNotBlank();
      assertThat(alert.at("/annotations/description").textValue()).isNotBlank();
    }
  }

  @Test
  void theDashboardAsksForWhatIsServed() throws IOException {
    List<String> queries = Monitoring.queries();
    assertThat(queries).hasSizeGreaterThan(20);
    queries.forEach(MonitoringTest::checkNames);
  }

  @Test
  void alertsFireWhenTheyShould() throws Exception {
    JSON.writeValue(folder.resolve("rules.yaml").toFile(), Monitoring.spec());
    Files.copy(RULES_TEST, folder.resolve("test.yaml"));
    promtool("check", "rules", "rules.yaml");
    promtool("test", "rules", "test.yaml");
  }

  /** The series of the scrape go up by one each minute; then each panel shows something. */
  @Test
  void everyPanelShowsSomething() throws Exception {
    ArrayNode series = JSON.createArrayNode();
    for (Scrape.Sample sample : scrape.samples()) {
      String labels =
          String.join(
              ", ",
              sample.labels().entrySet().stream()
                  .map(label -> label.getKey() + "=\"" + label.getValue() + "\"")
                  .toList());
      series
          .addObject()
          .put("series", sample.name() + "{instance=\"a\", " + labels + "}")
          .put("values", sample.value() + "+1x20");
    }
    ArrayNode checks = JSON.createArrayNode();
    for (String query : Monitoring.queries()) {
      ObjectNode check = checks.addObject();
      check.put("expr", "count(" + query + ") > bool 0").put("eval_time", "15m");
      check.putArray("exp_samples").addObject().put("labels", "{}").put("value", 1);
    }
    ObjectNode test = JSON.createObjectNode().put("evaluation_interval", "1m");
    test.putArray("tests")
        .addObject()
        .put("interval", "1m")
        .<ObjectNode>set("input_series", series)
        .set("promql_expr_test", checks);
    JSON.writeValue(folder.resolve("test.yaml").toFile(), test);
    promtool("test", "rules", "test.yaml");
  }

  /** Names of metrics, and of labels where they are matched. */
  private static void checkNames(String expression) {
    List<String> names = new ArrayList<>();
    Set<String> labels = new HashSet<>(OF_THE_TARGET);
    METRIC
        .matcher(expression)
        .results()
        .forEach(
            metric -> {
              Set<String> served = labelsOf(metric.group(1));
              names.add(metric.group(1));
              labels.addAll(served);
              if (metric.group(2) != null) {
                MATCHER
                    .matcher(metric.group(2))
                    .results()
                    .forEach(label -> assertThat(served).as(expression).contains(label.group(1)));
              }
            });
    assertThat(names.isEmpty() && !RECORDED.matcher(expression).find()).as(expression).isFalse();
    if (!names.isEmpty()) {
      GROUPING
          .matcher(expression)
          .results()
          .forEach(
              by -> assertThat(labels).as(expression).contains(by.group(1).strip().split(",\\s*")));
    }
  }

  private static Set<String> labelsOf(String metric) {
    Set<String> labels = new HashSet<>();
    List<Scrape.Sample> samples =
        scrape.samples().stream().filter(sample -> sample.name().equals(metric)).toList();
    assertThat(samples).as(metric).isNotEmpty();
    samples.forEach(sample -> labels.addAll(sample.labels().keySet()));
    return labels;
  }

  /** JSON is YAML, too. */
  private void promtool(String... arguments) throws Exception {
    assumeThat(Path.of("/usr/bin/promtool")).as("Prometheus' promtool is installed").isExecutable();
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Process promtool =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(promtool.getInputStream().readAllBytes(), UTF_8);
    assertThat(promtool.waitFor()).as(output).isZero();
  }
}
