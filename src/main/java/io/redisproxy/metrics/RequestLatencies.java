package io.redisproxy.metrics;

import io.prometheus.client.Collector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How long the nodes take to answer, by listener, node and role. Micrometer's timers would hold
 * this, too, at the price of several clock readings and atomic operations for each request.
 */
final class RequestLatencies extends Collector {
  private static final List<String> LABELS = List.of("listener", "node", "role");
  private static final String NAME = "redis_proxy_request_seconds";

  private final Map<RequestsOf, RequestTotals> requests;

  /** {@code requests}: what is shown, when it is asked for. */
  RequestLatencies(Map<RequestsOf, RequestTotals> requests) {
    this.requests = requests;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    List<MetricFamilySamples.Sample> samples = new ArrayList<>();
    requests.forEach(
        (names, totals) ->
            totals.addSamples(
                samples, NAME, LABELS, List.of(names.listener(), names.node(), names.role())));
    return List.of(
        new MetricFamilySamples(
            NAME,
            Type.HISTOGRAM,
            "Time from sending a run of a client's requests to a node until its last reply,"
                + " but for commands that wait for others",
            samples));
  }
}
