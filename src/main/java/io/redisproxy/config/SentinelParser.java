package io.redisproxy.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The Sentinels of a listener, which stand in place of its master and replicas. */
final class SentinelParser {
  static final List<String> KEYS =
      Stream.concat(Stream.of("service", "nodes"), CredentialsParser.KEYS.stream()).toList();

  static final List<String> NODE_KEYS = List.of("host", "port");

  /** What Sentinel itself takes as a name. */
  static final String SERVICE = "^[A-Za-z0-9._-]+$";

  private static final Pattern SERVICE_PATTERN = Pattern.compile(SERVICE);
  private static final String NODE = "{ \"host\": \"host01\", \"port\": 26379 }";
  private static final String NODES = "[ " + NODE + " ]";
  private static final String SAMPLE = "{ \"service\": \"mymaster\", \"nodes\": " + NODES + " }";

  private final CredentialsParser credentialsParser;

  SentinelParser(CredentialsParser credentialsParser) {
    this.credentialsParser = credentialsParser;
  }

  Optional<SentinelConfig> sentinel(Value value) {
    return value.asObject("service of Sentinels", SAMPLE, KEYS).flatMap(this::sentinel);
  }

  private Optional<SentinelConfig> sentinel(Fields fields) {
    Optional<String> service =
        fields.required("service", "\"mymaster\"").flatMap(SentinelParser::service);
    List<NodeAddress> nodes =
        fields.required("nodes", NODES).map(SentinelParser::nodes).orElse(List.of());
    Optional<Credentials> credentials = credentialsParser.optional(fields);
    return service.map(name -> new SentinelConfig(name, nodes, credentials));
  }

  private static Optional<String> service(Value value) {
    String name = value.node().textValue();
    if (name != null && SERVICE_PATTERN.matcher(name).matches()) {
      return Optional.of(name);
    }
    value.mistake(
        value.show()
            + " is not the name of a service; write the one of \"sentinel monitor\" in"
            + " sentinel.conf, such as \"mymaster\"");
    return Optional.empty();
  }

  private static List<NodeAddress> nodes(Value value) {
    List<Value> elements = value.asArray("array of Sentinels", NODES);
    if (value.node().isArray() && elements.isEmpty()) {
      value.mistake("the array is empty; name at least one Sentinel, such as " + NODE);
    }
    List<NodeAddress> nodes = new ArrayList<>();
    Map<String, String> places = new HashMap<>();
    for (Value element : elements) {
      element
          .asObject("Sentinel", NODE, NODE_KEYS)
          .flatMap(fields -> NodesParser.address(fields, "26379"))
          .ifPresent(
              node -> {
                String name = node.toString().toLowerCase(Locale.ROOT);
                element.onlyOnce(places, name, node, "remove one of them");
                nodes.add(node);
              });
    }
    return nodes;
  }
}
