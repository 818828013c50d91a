package io.redisproxy.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The tree of the JSON file to records. Every mistake is noted and the parsing goes on, so what
 * comes out is complete only if there was none.
 */
final class ListenersParser {
  static final String ROOT = "listeners";
  static final List<String> LISTENER_KEYS = List.of("listen", "master", "slave");
  static final List<String> NODE_KEYS = List.of("host", "port");

  private static final String NODE = "{ \"host\": \"host01\", \"port\": 6379 }";
  private static final String LISTENER = "{ \"listen\": 6380, \"master\": " + NODE + " }";

  /** The shortest file that works. */
  static final String SAMPLE = "[ " + LISTENER + " ]";

  private final Map<Integer, String> placeOfPort = new HashMap<>();

  List<ListenerConfig> parse(JsonNode root, Mistakes mistakes) {
    Value file = new Value(root, ROOT, mistakes);
    List<Value> elements = file.asArray("array of listeners", SAMPLE);
    if (root.isArray() && elements.isEmpty()) {
      file.mistake("the array is empty; describe a listener, such as " + SAMPLE);
    }
    List<ListenerConfig> listeners = new ArrayList<>();
    for (Value element : elements) {
      element
          .asObject("listener", LISTENER, LISTENER_KEYS)
          .flatMap(this::listener)
          .ifPresent(listeners::add);
    }
    return List.copyOf(listeners);
  }

  private Optional<ListenerConfig> listener(Fields fields) {
    Optional<Integer> port = fields.required("listen", "6380").flatMap(this::listen);
    Map<String, String> placeOfNode = new HashMap<>();
    Optional<NodeAddress> master =
        fields.required("master", NODE).flatMap(value -> node(value, placeOfNode));
    List<NodeAddress> replicas = new ArrayList<>();
    fields
        .optional("slave")
        .map(value -> value.asArray("array of nodes", "[ " + NODE + " ]"))
        .orElse(List.of())
        .forEach(value -> node(value, placeOfNode).ifPresent(replicas::add));
    return port.flatMap(p -> master.map(m -> new ListenerConfig(p, m, replicas)));
  }

  private Optional<Integer> listen(Value value) {
    Optional<Integer> port = value.asPort();
    port.ifPresent(
        p -> noteIfTwice(placeOfPort, p, p, value, "give each listener a port of its own"));
    return port;
  }

  /** A server of a listener; whether it is its master or a replica, it is named only once. */
  private static Optional<NodeAddress> node(Value value, Map<String, String> placeOfNode) {
    Optional<NodeAddress> node =
        value.asObject("node", NODE, NODE_KEYS).flatMap(ListenersParser::address);
    node.ifPresent(
        n -> {
          String key = n.toString().toLowerCase(Locale.ROOT);
          noteIfTwice(placeOfNode, key, n, value, "remove one of them");
        });
    return node;
  }

  private static Optional<NodeAddress> address(Fields fields) {
    Optional<String> host = fields.required("host", "\"host01\"").flatMap(Value::asHost);
    Optional<Integer> port = fields.required("port", "6379").flatMap(Value::asPort);
    return host.flatMap(h -> port.map(p -> new NodeAddress(h, p)));
  }

  private static <K> void noteIfTwice(
      Map<K, String> places, K key, Object shown, Value value, String remedy) {
    String first = places.putIfAbsent(key, value.place());
    if (first != null) {
      value.mistake(shown + " is there already, as " + first + "; " + remedy);
    }
  }
}
