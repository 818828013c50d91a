package io.redisproxy.config;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The servers of one listener: where they are, and what is said to each. */
final class NodesParser {
  static final List<String> KEYS =
      Stream.concat(Stream.of("host", "port", "weight", "zone"), CredentialsParser.KEYS.stream())
          .toList();

  static final int MAX_WEIGHT = 100;

  /** What a node looks like. */
  static final String SAMPLE = "{ \"host\": \"host01\", \"port\": 6379 }";

  private final CredentialsParser credentialsParser;
  private final Map<String, String> places = new HashMap<>();
  private final Map<NodeAddress, Credentials> credentials = new HashMap<>();
  private final Map<NodeAddress, Integer> weights = new HashMap<>();
  private final Map<NodeAddress, String> zones = new HashMap<>();

  NodesParser(CredentialsParser credentialsParser) {
    this.credentialsParser = credentialsParser;
  }

  /** Whether it is the master or a replica, a server is named only once. */
  Optional<NodeAddress> node(Value value) {
    Optional<Fields> fields = value.asObject("node", SAMPLE, KEYS);
    Optional<NodeAddress> node = fields.flatMap(each -> address(each, "6379"));
    node.ifPresent(
        n ->
            value.onlyOnce(places, n.toString().toLowerCase(Locale.ROOT), n, "remove one of them"));
    Optional<Credentials> own = fields.flatMap(credentialsParser::optional);
    node.ifPresent(n -> own.ifPresent(c -> credentials.put(n, c)));
    Optional<Long> weight =
        fields.flatMap(f -> f.optional("weight")).flatMap(v -> v.asNumber(0, MAX_WEIGHT));
    node.ifPresent(n -> weight.ifPresent(w -> weights.put(n, w.intValue())));
    Optional<String> zone = fields.flatMap(f -> f.optional("zone")).flatMap(Value::asZone);
    node.ifPresent(n -> zone.ifPresent(z -> zones.put(n, z)));
    return node;
  }

  /** Those of the nodes so far that have some of their own. */
  Map<NodeAddress, Credentials> credentials() {
    return credentials;
  }

  /** The shares of reads of those that were given one. */
  Map<NodeAddress, Integer> weights() {
    return weights;
  }

  /** Where the nodes are of which it is said. */
  Map<NodeAddress, String> zones() {
    return zones;
  }

  /** {@code usual}: the port that such a server has most often. */
  static Optional<NodeAddress> address(Fields fields, String usual) {
    Optional<String> host = fields.required("host", "\"host01\"").flatMap(Value::asHost);
    Optional<Integer> port = fields.required("port", usual).flatMap(Value::asPort);
    return host.flatMap(h -> port.map(p -> new NodeAddress(h, p)));
  }
}
