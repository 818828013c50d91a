package io.redisproxy.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The tree of the JSON file to records. Every mistake is noted and the parsing goes on, so what
 * comes out is complete only if there was none.
 */
final class ListenersParser {
  static final String ROOT = "listeners";
  static final List<String> KEYS =
      Stream.concat(
              Stream.of(
                  "listen",
                  "master",
                  "slave",
                  "sentinel",
                  "kubernetes",
                  "tls",
                  "nodeTls",
                  "username",
                  "password",
                  "passwordFile",
                  "probe",
                  "auth",
                  "commands",
                  "deny",
                  "consistency",
                  "nilRecheck",
                  "readPolicy",
                  "includeMaster",
                  "touchMaster"),
              Stream.concat(HealthParser.KEYS.stream(), ResilienceParser.KEYS.stream()))
          .toList();

  private static final String LISTENER =
      "{ \"listen\": 6380, \"master\": " + NodesParser.SAMPLE + " }";

  /** The shortest file that works. */
  static final String SAMPLE = "[ " + LISTENER + " ]";

  /** Where the servers come from. */
  private record Source(
      Optional<NodeAddress> master,
      List<NodeAddress> replicas,
      Optional<SentinelConfig> sentinel,
      Optional<KubernetesConfig> kubernetes) {

    /** False after a mistake. */
    boolean isComplete() {
      return Stream.of(master, sentinel, kubernetes).filter(Optional::isPresent).count() == 1;
    }
  }

  private final CredentialsParser credentialsParser;
  private final TlsParser tlsParser;
  private final Map<Integer, String> placeOfPort = new HashMap<>();

  ListenersParser(PasswordFile passwordFiles, TlsFiles tlsFiles) {
    credentialsParser = new CredentialsParser(passwordFiles);
    tlsParser = new TlsParser(tlsFiles);
  }

  List<ListenerConfig> parse(JsonNode root, Mistakes mistakes) {
    Value file = new Value(root, ROOT, mistakes);
    List<Value> elements = file.asArray("array of listeners", SAMPLE);
    if (root.isArray() && elements.isEmpty()) {
      file.mistake("the array is empty; describe a listener, such as " + SAMPLE);
    }
    List<ListenerConfig> listeners = new ArrayList<>();
    for (Value element : elements) {
      element
          .asObject("listener", LISTENER, KEYS)
          .flatMap(this::listener)
          .ifPresent(listeners::add);
    }
    return List.copyOf(listeners);
  }

  private Optional<ListenerConfig> listener(Fields fields) {
    NodesParser nodes = new NodesParser(credentialsParser);
    Optional<Integer> port = fields.required("listen", "6380").flatMap(this::listen);
    Source source = source(fields, nodes);
    Optional<ListenerTls> tls = fields.optional("tls").flatMap(tlsParser::listener);
    Optional<NodeTls> nodeTls = fields.optional("nodeTls").flatMap(tlsParser::node);
    Optional<Credentials> credentials = credentialsParser.optional(fields);
    Optional<Credentials> probe = fields.optional("probe").flatMap(credentialsParser::object);
    Optional<Credentials> auth = fields.optional("auth").flatMap(credentialsParser::object);
    Map<String, CommandOverride> commands =
        fields.optional("commands").map(CommandsParser::overrides).orElse(Map.of());
    Set<String> deny = fields.optional("deny").map(CommandsParser::denied).orElse(Set.of());
    Consistency consistency =
        fields
            .optional("consistency")
            .flatMap(value -> value.asWord(Consistency.values(), Consistency::word))
            .orElse(Consistency.READ_YOUR_WRITES);
    NilRecheck nilRecheck =
        fields.optional("nilRecheck").map(CommandsParser::nilRecheck).orElse(NilRecheck.NONE);
    HealthLimits health = HealthParser.limits(fields);
    ReadPreference reads =
        new ReadPreference(
            fields
                .optional("readPolicy")
                .flatMap(value -> value.asWord(ReadPolicy.values(), ReadPolicy::word))
                .orElse(ReadPolicy.ROUND_ROBIN),
            fields.optional("includeMaster").flatMap(Value::asTruth).orElse(false),
            fields.optional("touchMaster").flatMap(Value::asTruth).orElse(false),
            nodes.weights(),
            nodes.zones());
    Resilience resilience = ResilienceParser.parse(fields);
    if (port.isEmpty() || !source.isComplete()) {
      return Optional.empty();
    }
    return Optional.of(
        new ListenerConfig(
            port.get(),
            source.master().orElse(null),
            source.replicas(),
            source.sentinel(),
            source.kubernetes(),
            tls,
            nodeTls,
            credentials,
            nodes.credentials(),
            probe,
            auth,
            commands,
            deny,
            consistency,
            nilRecheck,
            health,
            reads,
            resilience));
  }

  private Source source(Fields fields, NodesParser nodes) {
    Optional<Value> sentinel = fields.optional("sentinel");
    Optional<Value> kubernetes = fields.optional("kubernetes");
    Optional<NodeAddress> master =
        (fields.mentions("sentinel") || fields.mentions("kubernetes")
                ? fields.optional("master")
                : fields.required("master", NodesParser.SAMPLE))
            .flatMap(nodes::node);
    List<NodeAddress> replicas = new ArrayList<>();
    fields
        .optional("slave")
        .map(value -> value.asArray("array of nodes", "[ " + NodesParser.SAMPLE + " ]"))
        .orElse(List.of())
        .forEach(value -> nodes.node(value).ifPresent(replicas::add));
    sentinel.ifPresent(value -> alone(value, fields, "the Sentinels", "master", "slave"));
    kubernetes.ifPresent(
        value -> alone(value, fields, "Kubernetes", "master", "slave", "sentinel"));
    return new Source(
        master,
        replicas,
        sentinel.flatMap(new SentinelParser(credentialsParser)::sentinel),
        kubernetes.flatMap(KubernetesParser::kubernetes));
  }

  /** What somebody tells is not written, too. */
  private static void alone(Value value, Fields fields, String teller, String... others) {
    Stream.of(others)
        .filter(fields::mentions)
        .findFirst()
        .ifPresent(
            other ->
                value.mistake(
                    '"' + other + "\" is there too, which " + teller + " would tell; keep one"));
  }

  private Optional<Integer> listen(Value value) {
    Optional<Integer> port = value.asPort();
    port.ifPresent(p -> value.onlyOnce(placeOfPort, p, p, "give each listener a port of its own"));
    return port;
  }
}
