package io.redisproxy.topology;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * A master and its replicas, which may change, and the latest {@link Topology} of them. Any thread
 * may read that, and tell what it knows.
 */
public final class NodeGroup {
  /** The index of the node that is configured as the master. */
  public static final int MASTER = 0;

  /** For so long the index of a node that has left is not given to another one. */
  private static final Duration REST = Duration.ofMinutes(10);

  private static final Logger LOG = Logger.getLogger(NodeGroup.class);

  private final String name;
  private final LongSupplier clock;
  private final List<Consumer<Topology>> listeners = new CopyOnWriteArrayList<>();

  /** By index: when a node left, if it has. */
  private final List<Long> leftAt = new ArrayList<>();

  private volatile Topology topology = Topology.EMPTY;

  /**
   * A group without nodes, until {@link #configure} names some.
   *
   * @param name that of the listener that it serves: its port
   */
  public NodeGroup(String name) {
    this(name, System::nanoTime);
  }

  NodeGroup(String name, LongSupplier clock) {
    this.name = name;
    this.clock = clock;
  }

  /** A group of the nodes that a listener lists. */
  public NodeGroup(ListenerConfig config) {
    this(Integer.toString(config.port()));
    List<NodeAddress> nodes = new ArrayList<>(List.of(config.master()));
    nodes.addAll(config.replicas());
    configure(nodes, config.master());
  }

  public String name() {
    return name;
  }

  public Topology topology() {
    return topology;
  }

  /**
   * Tells every change from now on, in order, on the thread that made it; the listener has to be
   * quick.
   */
  public void onChange(Consumer<Topology> listener) {
    listeners.add(listener);
  }

  /** Tells changes no more. */
  public void forget(Consumer<Topology> listener) {
    listeners.remove(listener);
  }

  /**
   * The group consists of these nodes from now on. Those that were in it before keep their indices;
   * one that is not in it any more gets no new requests, and its connections are closed when what
   * they wait for has come.
   *
   * @param master the one that the source says is the master; null if it doesn't tell
   */
  public synchronized void configure(List<NodeAddress> members, NodeAddress master) {
    List<NodeState> nodes = new ArrayList<>(topology.nodes());
    Set<NodeAddress> wanted = new HashSet<>(members);
    boolean changed = false;
    for (int i = 0; i < nodes.size(); i++) {
      NodeState node = nodes.get(i);
      if (node.isMember() && !wanted.contains(node.address())) {
        LOG.infof("listener %s: node %s has left", name, node.address());
        nodes.set(i, node.gone());
        leftAt.set(i, clock.getAsLong());
        changed = true;
      }
    }
    for (NodeAddress member : members) {
      if (indexOf(nodes, member) < 0) {
        put(nodes, member);
        changed = true;
      }
    }
    int now = master == null ? topology.master() : indexOf(nodes, master);
    if (changed || now != topology.master()) {
      update(nodes, now, changed);
    }
  }

  private static int indexOf(List<NodeState> nodes, NodeAddress member) {
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).isMember() && nodes.get(i).address().equals(member)) {
        return i;
      }
    }
    return Topology.NONE;
  }

  /** A node that comes back gets the place that it had. */
  private void put(List<NodeState> nodes, NodeAddress member) {
    int place = nodes.size();
    long longAgo = clock.getAsLong() - REST.toNanos();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      if (nodes.get(i).isMember()) {
        continue;
      }
      if (nodes.get(i).address().equals(member)) {
        place = i;
        break;
      }
      if (leftAt.get(i) - longAgo < 0) {
        place = i;
      }
    }
    if (place == nodes.size()) {
      nodes.add(NodeState.unknown(member));
      leftAt.add(0L);
    } else {
      nodes.set(place, NodeState.unknown(member));
    }
    if (topology != Topology.EMPTY) {
      LOG.infof("listener %s: node %s has joined", name, member);
    }
  }

  /** A probe of a member has found this. */
  synchronized void onProbed(int node, NodeHealth health) {
    NodeState state = topology.nodes().get(node);
    NodeHealth before = state.health();
    if (!state.isMember() || before.equals(health)) {
      return;
    }
    List<NodeState> nodes = new ArrayList<>(topology.nodes());
    nodes.set(node, state.with(health));
    update(nodes, topology.master(), false);
    if (before.status() == health.status()) {
      return;
    }
    String role = topology.role(node);
    if (health.isHealthy()) {
      LOG.infof("listener %s: %s %s is up", name, role, state.address());
    } else {
      LOG.warnf("listener %s: %s %s is down: %s", name, role, state.address(), health.detail());
    }
  }

  private void update(List<NodeState> nodes, int master, boolean membersChanged) {
    int members = topology.members() + (membersChanged ? 1 : 0);
    int now = master >= 0 && nodes.get(master).isMember() ? master : Topology.NONE;
    topology = Topology.of(nodes, now, members);
    Topology told = topology;
    listeners.forEach(listener -> listener.accept(told));
  }
}
