package io.redisproxy.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One element of the JSON array: a port to open and the servers behind it.
 *
 * <p>Commands are named in upper case, a subcommand after a space: {@code CLIENT LIST}. A name may
 * be one that only a module knows.
 *
 * @param port the port that clients connect to, {@code listen} in the JSON
 * @param master null if Sentinels or Kubernetes tell the servers
 * @param replicas {@code slave} in the JSON; empty if the master serves everything
 * @param sentinel who tells the master and the replicas, if they are not listed
 * @param kubernetes what pods they are, if neither lists nor Sentinels tell them
 * @param tls how clients connect; if empty, without TLS
 * @param nodeTls how the proxy connects to nodes and Sentinels; if empty, without TLS
 * @param credentials for connections to nodes that have none of their own
 * @param nodeCredentials those of nodes that have their own; ask {@link #credentialsOf}
 * @param probe what the proxy says when it asks nodes for their health, if that is not what it says
 *     for clients; ask {@link #probeCredentialsOf}
 * @param auth what clients have to say to the proxy; if empty, the servers decide who may come in
 * @param commands commands that go elsewhere than their flags say
 * @param deny commands that are refused; a container stands for all its subcommands
 * @param consistency what reads may see
 * @param nilRecheck reads that the master is asked, too, when a replica answers nil
 * @param health when a node counts as fit
 * @param reads which nodes reads prefer
 * @param resilience what is done about requests whose node fails
 */
public record ListenerConfig(
    int port,
    NodeAddress master,
    List<NodeAddress> replicas,
    Optional<SentinelConfig> sentinel,
    Optional<KubernetesConfig> kubernetes,
    Optional<ListenerTls> tls,
    Optional<NodeTls> nodeTls,
    Optional<Credentials> credentials,
    Map<NodeAddress, Credentials> nodeCredentials,
    Optional<Credentials> probe,
    Optional<Credentials> auth,
    Map<String, CommandOverride> commands,
    Set<String> deny,
    Consistency consistency,
    NilRecheck nilRecheck,
    HealthLimits health,
    ReadPreference reads,
    Resilience resilience) {

  public ListenerConfig {
    long sources =
        Stream.of(Optional.ofNullable(master), sentinel, kubernetes)
            .filter(Optional::isPresent)
            .count();
    if (sources != 1) {
      throw new IllegalArgumentException("either a master or one who knows it");
    }
    replicas = List.copyOf(replicas);
    nodeCredentials = Map.copyOf(nodeCredentials);
    commands = Map.copyOf(commands);
    deny = Set.copyOf(deny);
  }

  /** A listener with nothing but what it needs. */
  public ListenerConfig(int port, NodeAddress master, List<NodeAddress> replicas) {
    this(port, master, replicas, Optional.empty());
  }

  /** The same with Sentinels that tell the nodes. */
  public ListenerConfig(int port, SentinelConfig sentinel) {
    this(port, null, List.of(), Optional.of(sentinel));
  }

  private ListenerConfig(
      int port, NodeAddress master, List<NodeAddress> replicas, Optional<SentinelConfig> sentinel) {
    this(
        port,
        master,
        replicas,
        sentinel,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        Set.of(),
        Consistency.READ_YOUR_WRITES,
        NilRecheck.NONE,
        HealthLimits.DEFAULT,
        ReadPreference.DEFAULT,
        Resilience.DEFAULT);
  }

  /** The nodes that are listed, the master first; none if somebody else tells them. */
  public List<NodeAddress> nodes() {
    return Stream.concat(Stream.ofNullable(master), replicas.stream()).toList();
  }

  /** Whether there may be replicas. */
  public boolean mayHaveReplicas() {
    return master == null || !replicas.isEmpty();
  }

  /** What to say to a node for sessions that bring no credentials; empty if it asks for none. */
  public Optional<Credentials> credentialsOf(NodeAddress node) {
    return Optional.ofNullable(nodeCredentials.get(node)).or(this::credentials);
  }

  /** What to say to a node to ask it for its health; empty if it asks for none. */
  public Optional<Credentials> probeCredentialsOf(NodeAddress node) {
    return probe.or(() -> credentialsOf(node));
  }
}
