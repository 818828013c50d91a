package io.redisproxy.admin;

import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.NodeHealth;
import io.redisproxy.topology.NodeState;
import io.redisproxy.topology.Topology;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** What is known of the nodes, as JSON. */
final class ShownTopology {
  private ShownTopology() {}

  static JsonObject of(List<NodeGroup> groups) {
    JsonArray listeners = new JsonArray();
    groups.forEach(group -> listeners.add(listener(group)));
    return JsonObject.of("listeners", listeners);
  }

  private static JsonObject listener(NodeGroup group) {
    Topology topology = group.topology();
    JsonArray nodes = new JsonArray();
    topology.memberIndices().forEach(node -> nodes.add(node(group, topology, node)));
    JsonArray changes = new JsonArray();
    topology.changes().forEach(event -> changes.add(event.at() + " " + event.text()));
    return new JsonObject()
        .put("listener", group.name())
        .put("reason", topology.reason())
        .put("nodes", nodes)
        .put("changes", changes);
  }

  private static JsonObject node(NodeGroup group, Topology topology, int node) {
    NodeState state = topology.nodes().get(node);
    NodeHealth health = state.health();
    return new JsonObject()
        .put("address", state.address().toString())
        .put("zone", state.zone().isEmpty() ? null : state.zone())
        .put("role", topology.role(node))
        .put("up", health.isHealthy())
        .put("detail", health.detail())
        .put("since", state.since().toString())
        .put("history", state.history())
        .put("offset", known(state.offset()))
        .put("lagBytes", LiveData.number(group.lag().bytes(node)))
        .put("lagSeconds", LiveData.number(group.lag().seconds(node)))
        .put("silenceSeconds", known(health.silenceSeconds()))
        .put("latencySeconds", health.latencyNanos() == 0 ? null : health.latencyNanos() / 1e9);
  }

  private static Long known(long value) {
    return value < 0 ? null : value;
  }
}
