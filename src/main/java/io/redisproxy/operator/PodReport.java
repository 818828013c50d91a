package io.redisproxy.operator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What a proxy has told of itself. Nothing in it changes all the time, as each change is written
 * into the status.
 *
 * @param mistakes why it has not taken up the listeners' file, if it hasn't
 * @param problem why it can't be asked; empty if it has answered
 */
record PodReport(String pod, List<Listener> listeners, List<String> mistakes, String problem) {

  /** The nodes of a listener, which is named by its port. */
  record Listener(String name, List<Node> nodes) {}

  /** A node as the proxy sees it. */
  record Node(String address, String role, boolean up) {}

  static PodReport failed(String pod, String problem) {
    return new PodReport(pod, List.of(), List.of(), problem);
  }

  /** {@code topology} and {@code config}: what the admin routes of these names have answered. */
  static PodReport of(String pod, JsonNode topology, JsonNode config) {
    List<Listener> listeners = new ArrayList<>();
    for (JsonNode listener : topology.path("listeners")) {
      List<Node> nodes = new ArrayList<>();
      for (JsonNode node : listener.path("nodes")) {
        nodes.add(
            new Node(
                node.path("address").asText(),
                node.path("role").asText(),
                node.path("up").asBoolean()));
      }
      listeners.add(new Listener(listener.path("listener").asText(), nodes));
    }
    List<String> mistakes = new ArrayList<>();
    config.path("reload").path("mistakes").forEach(line -> mistakes.add(line.asText()));
    return new PodReport(pod, listeners, mistakes, "");
  }

  boolean hasAnswered() {
    return problem.isEmpty();
  }
}
