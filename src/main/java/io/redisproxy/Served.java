package io.redisproxy;

import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandRules;
import io.redisproxy.config.Consistency;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.discovery.ListedNames;
import io.redisproxy.metrics.ListenerMeters;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.session.NilRechecks;
import io.redisproxy.session.Registrations;
import io.redisproxy.tls.TlsPeer;
import io.redisproxy.tls.TlsServer;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.Identity;
import io.redisproxy.upstream.Login;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A listener, with what its event loops have in common. Any thread may ask. */
final class Served {

  /** What can change while it is open. */
  record Current(
      ListenerConfig config, CommandRules rules, NilRechecks nilRechecks, ServedTls tls) {

    static Current of(ListenerConfig config) {
      return of(config, ServedTls.of(config));
    }

    /** Another one in its place. */
    Current next(ListenerConfig next) {
      return of(next, ServedTls.of(next, config, tls));
    }

    private static Current of(ListenerConfig config, ServedTls tls) {
      CommandRules rules = rulesOf(config);
      return new Current(config, rules, nilRechecksOf(config, rules), tls);
    }
  }

  /** Listeners share connections to a node: no two of them begin the same era. */
  private static final AtomicInteger ERAS = new AtomicInteger(Identity.DEFAULT.era());

  private final NodeGroup group;
  private final ListedNames names = new ListedNames();
  private final NodeGauges gauges;
  private final CertificateGauges certificates;
  private final WriteTable table;
  private final GroupConsistency consistency;
  private final boolean holdsReads;
  private final ListenerMeters meters;
  private final Registrations registrations = new Registrations();
  private volatile Current current;

  private volatile int era = Identity.DEFAULT.era();

  private final List<Runnable> onEra = new CopyOnWriteArrayList<>();

  /** By what nodes are connected to that have not taken what was changed since. */
  private final Map<NodeAddress, Current> former = new ConcurrentHashMap<>();

  private final List<Runnable> onTaken = new CopyOnWriteArrayList<>();

  /**
   * Not to be seen anywhere before it is {@link #show shown}.
   *
   * @param noted whether somebody asks what is written here
   */
  Served(ListenerConfig config, WriteTable table, boolean noted, ProxyMeters proxyMeters) {
    current = Current.of(config);
    this.table = table;
    group = new NodeGroup(config);
    gauges = new NodeGauges(group, proxyMeters);
    certificates = new CertificateGauges(group.name(), proxyMeters);
    consistency = noted ? new GroupConsistency(table) : null;
    holdsReads = holdsReads(config);
    meters = proxyMeters.listener(group.name());
  }

  /** Whether reads are held to what was written before. */
  static boolean holdsReads(ListenerConfig config) {
    return config.consistency() == Consistency.READ_YOUR_WRITES && config.mayHaveReplicas();
  }

  boolean holdsReads() {
    return holdsReads;
  }

  void show() {
    gauges.start();
    certificates.show(config());
  }

  void hide() {
    gauges.stop();
    certificates.hide();
  }

  Current current() {
    return current;
  }

  /** What nodes are connected to by stays what it is until they are known to take the other. */
  void change(Current next) {
    Current before = current;
    members()
        .forEach(
            node -> {
              Current used = former.getOrDefault(node, before);
              if (access(used, node).equals(access(next, node))) {
                former.remove(node);
              } else {
                former.put(node, used);
              }
            });
    current = next;
    certificates.show(next.config());
  }

  /** Those that are not known to take what was changed. */
  Set<NodeAddress> refusing() {
    return Set.copyOf(former.keySet());
  }

  boolean isMember(NodeAddress node) {
    return members().anyMatch(node::equals);
  }

  /** By what the node shall be connected to. */
  NodeAccess wantedAt(NodeAddress node) {
    return access(current, node);
  }

  /** The node has taken it. */
  void onTaken(NodeAddress node) {
    former.remove(node);
    onTaken.forEach(Runnable::run);
  }

  /** Of clients that connect now; see {@link Identity#era}. */
  int era() {
    return era;
  }

  /** Servers may let in others than before. */
  void beginEra() {
    era = ERAS.incrementAndGet();
    onEra.forEach(Runnable::run);
  }

  /** Runs the action whenever another era begins. */
  void whenEraBegins(Runnable action) {
    onEra.add(action);
  }

  /** Nobody connects to the node any more. */
  void forgetFormer(NodeAddress node) {
    former.remove(node);
  }

  /** Runs the action whenever a node is connected to by something else from then on. */
  void whenTaken(Runnable action) {
    onTaken.add(action);
  }

  void forget(Runnable action) {
    onTaken.remove(action);
    onEra.remove(action);
  }

  private Stream<NodeAddress> members() {
    Topology topology = group.topology();
    return topology.memberIndices().mapToObj(topology::address);
  }

  private NodeAccess accessAt(NodeAddress node) {
    return access(former.getOrDefault(node, current), node);
  }

  private NodeAccess access(Current by, NodeAddress node) {
    NodeAddress listed = names.listed(node);
    return new NodeAccess(
        by.config().credentialsOf(listed).map(Login::of).orElse(null),
        by.config().probeCredentialsOf(listed).map(Login::of).orElse(null),
        by.tls().peerAt(listed));
  }

  int port() {
    return config().port();
  }

  ListenerConfig config() {
    return current.config();
  }

  CommandRules rules() {
    return current.rules();
  }

  /** Null if there are none. */
  NilRechecks nilRechecks() {
    return current.nilRechecks();
  }

  NodeGroup group() {
    return group;
  }

  /** Which of the listed nodes those are that came of looking their names up. */
  ListedNames names() {
    return names;
  }

  WriteTable table() {
    return table;
  }

  /** What reads are held to, here or at a listener with the same master; null if neither is. */
  GroupConsistency consistency() {
    return consistency;
  }

  ListenerMeters meters() {
    return meters;
  }

  /** Those of all its clients. */
  Registrations registrations() {
    return registrations;
  }

  /** What the node is told of sessions that bring no login; null if nothing. */
  Login loginAt(NodeAddress node) {
    return accessAt(node).login();
  }

  /** What the node is told when it is asked for its health, or how far it is; null if nothing. */
  Login probeLoginAt(NodeAddress node) {
    return accessAt(node).probeLogin();
  }

  /** As whom the node is connected to by TLS; null if without. */
  TlsPeer peerAt(NodeAddress node) {
    return accessAt(node).peer();
  }

  /** The TLS of clients; null if they are without. */
  TlsServer tls() {
    return current.tls().server();
  }

  private static CommandRules rulesOf(ListenerConfig config) {
    Map<String, CommandClass> overrides = new HashMap<>();
    config
        .commands()
        .forEach(
            (name, override) ->
                overrides.put(
                    name,
                    switch (override) {
                      case READ -> CommandClass.READ;
                      case WRITE -> CommandClass.MASTER;
                      case MASTER -> CommandClass.READ_AT_MASTER;
                    }));
    CommandRules rules = new CommandRules(overrides, config.deny());
    if (!rules.immovable().isEmpty()) {
      throw new StartException(
          "listener "
              + config.port()
              + ": \"commands\" names "
              + String.join(", ", new TreeSet<>(rules.immovable()))
              + ", which the proxy can't run anywhere else; remove that");
    }
    return rules;
  }

  private static NilRechecks nilRechecksOf(ListenerConfig config, CommandRules rules) {
    NilRechecks rechecks = NilRechecks.of(config.nilRecheck(), rules);
    if (rechecks != null && !rechecks.useless().isEmpty()) {
      throw new StartException(
          "listener "
              + config.port()
              + ": \"nilRecheck\" names "
              + rechecks.useless().entrySet().stream()
                  .map(each -> each.getKey() + ", which " + each.getValue())
                  .collect(Collectors.joining("; and "))
              + "; remove that");
    }
    return rechecks;
  }
}
