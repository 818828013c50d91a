package io.redisproxy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The rules and the dashboard that are for the proxy's metrics. */
final class Monitoring {
  private static final Path RULES = Path.of("k8s/components/alerts/prometheusrule.yaml");
  private static final Path DASHBOARD = Path.of("k8s/components/dashboard/redis-proxy.json");

  private Monitoring() {}

  /** What the panels ask, with what Grafana would put in the place of its variables. */
  static List<String> queries() throws IOException {
    JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
    List<String> queries = new ArrayList<>();
    for (String query : dashboard.path("panels").findValuesAsText("expr")) {
      queries.add(query.replace("$listener", ".*").replace("$__rate_interval", "5m"));
    }
    assertThat(queries).noneMatch(query -> query.contains("$"));
    return queries;
  }

  /** {@code kind}: record or alert. */
  static List<JsonNode> rules(String kind) throws IOException {
    List<JsonNode> rules = new ArrayList<>();
    for (JsonNode group : spec().path("groups")) {
      group.path("rules").forEach(rule -> rules.add(rule));
    }
    rules.removeIf(rule -> !rule.has(kind));
    return rules;
  }

  /** What Prometheus itself takes. */
  static JsonNode spec() throws IOException {
    return Manifests.parse(Files.readString(RULES)).get(0).path("spec");
  }
}
