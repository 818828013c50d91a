package io.redisproxy.topology;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * A master and its replicas, and the latest {@link Topology} of them, which any thread may read.
 */
public final class NodeGroup {
  /** The index of the configured master. */
  public static final int MASTER = 0;

  private static final Logger LOG = Logger.getLogger(NodeGroup.class);

  private final String name;
  private final List<NodeAddress> nodes;
  private volatile Topology topology;

  public NodeGroup(ListenerConfig config) {
    name = Integer.toString(config.port());
    List<NodeAddress> all = new ArrayList<>();
    all.add(config.master());
    all.addAll(config.replicas());
    nodes = List.copyOf(all);
    topology = Topology.of(nodes.stream().map(node -> NodeHealth.UNKNOWN).toList());
  }

  /** The name of the listener that the group serves: its port. */
  public String name() {
    return name;
  }

  /** The master, then the replicas. */
  public List<NodeAddress> nodes() {
    return nodes;
  }

  /** What a node of the configuration is: master or replica. */
  public String role(int node) {
    return node == MASTER ? "master" : "replica";
  }

  public Topology topology() {
    return topology;
  }

  /** Called on one thread only, that of the probes. */
  void onProbed(int node, NodeHealth health) {
    NodeHealth before = topology.nodes().get(node);
    if (before.equals(health)) {
      return;
    }
    List<NodeHealth> all = new ArrayList<>(topology.nodes());
    all.set(node, health);
    topology = Topology.of(all);
    if (before.status() == health.status()) {
      return;
    }
    String role = role(node);
    if (health.isHealthy()) {
      LOG.infof("listener %s: %s %s is up", name, role, nodes.get(node));
    } else {
      LOG.warnf("listener %s: %s %s is down: %s", name, role, nodes.get(node), health.detail());
    }
  }
}
