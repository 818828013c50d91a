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
      Stream.concat(Stream.of("host", "port"), CredentialsParser.KEYS.stream()).toList();

  /** What a node looks like. */
  static final String SAMPLE = "{ \"host\": \"host01\", \"port\": 6379 }";

  private final CredentialsParser credentialsParser;
  private final Map<String, String> places = new HashMap<>();
  private final Map<NodeAddress, Credentials> credentials = new HashMap<>();

  NodesParser(CredentialsParser credentialsParser) {
    this.credentialsParser = credentialsParser;
  }

  /** Whether it is the master or a replica, a server is named only once. */
  Optional<NodeAddress> node(Value value) {
    Optional<Fields> fields = value.asObject("node", SAMPLE, KEYS);
    Optional<NodeAddress> node = fields.flatMap(NodesParser::address);
    node.ifPresent(
        n ->
            value.onlyOnce(places, n.toString().toLowerCase(Locale.ROOT), n, "remove one of them"));
    Optional<Credentials> own = fields.flatMap(credentialsParser::optional);
    node.ifPresent(n -> own.ifPresent(c -> credentials.put(n, c)));
    return node;
  }

  /** Those of the nodes so far that have some of their own. */
  Map<NodeAddress, Credentials> credentials() {
    return credentials;
  }

  private static Optional<NodeAddress> address(Fields fields) {
    Optional<String> host = fields.required("host", "\"host01\"").flatMap(Value::asHost);
    Optional<Integer> port = fields.required("port", "6379").flatMap(Value::asPort);
    return host.flatMap(h -> port.map(p -> new NodeAddress(h, p)));
  }
}
