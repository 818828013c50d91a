package io.redisproxy.topology;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodeProbe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;

/**
 * Probes the nodes of a group, each by itself on a connection of its own, and keeps the group's
 * {@link Topology}. All of it runs on one event loop.
 */
public final class HealthMonitor {
  private static final List<String> PROBE = List.of("PING", "INFO replication", "INFO server");

  private final NodeGroup group;
  private final Function<NodeAddress, Login> logins;
  private final NodeConnector connector;
  private final Duration interval;
  private final Duration timeout;

  /** By index; null in place of a node that has left. */
  private final List<NodeProbe> probes = new ArrayList<>();

  private final Consumer<Topology> onChange;
  private int members;
  private ObjIntConsumer<String> historyListener = (history, node) -> {};
  private boolean closed;

  /** {@code logins}: what to say to a node first, or null. */
  public HealthMonitor(
      NodeGroup group,
      Function<NodeAddress, Login> logins,
      NodeConnector connector,
      Duration interval,
      Duration timeout) {
    this.group = group;
    this.logins = logins;
    this.connector = connector;
    this.interval = interval;
    this.timeout = timeout;
    onChange = topology -> connector.execute(() -> follow(topology));
  }

  /** Tells the history, a replication id, that each probe finds a node in. */
  public void onHistory(ObjIntConsumer<String> listener) {
    historyListener = listener;
  }

  public void start() {
    group.onChange(onChange);
    follow(group.topology());
  }

  public void close() {
    closed = true;
    group.forget(onChange);
    probes.stream().filter(probe -> probe != null).forEach(NodeProbe::close);
  }

  /** Nodes have come or gone. */
  private void follow(Topology topology) {
    if (closed || topology.members() == members) {
      return;
    }
    members = topology.members();
    for (int node = 0; node < topology.nodes().size(); node++) {
      NodeProbe before = node < probes.size() ? probes.get(node) : null;
      NodeAddress address = topology.isMember(node) ? topology.address(node) : null;
      if (before != null && before.node().equals(address)) {
        continue;
      }
      NodeProbe probe =
          address == null
              ? null
              : new NodeProbe(address, logins.apply(address), connector, timeout);
      if (node < probes.size()) {
        probes.set(node, probe);
      } else {
        probes.add(probe);
      }
      if (before != null) {
        before.close();
      }
      if (probe != null) {
        probe(node, probe);
      }
    }
  }

  private void probe(int node, NodeProbe probe) {
    if (isOver(node, probe)) {
      return;
    }
    probe
        .ask(PROBE)
        .onComplete(
            answer -> {
              if (isOver(node, probe)) {
                return;
              }
              group.onProbed(
                  node,
                  answer.succeeded()
                      ? judge(node, answer.result())
                      : NodeHealth.unhealthy(answer.cause().getMessage()));
              connector.schedule(interval, () -> probe(node, probe));
            });
  }

  private boolean isOver(int node, NodeProbe probe) {
    return closed || probes.get(node) != probe;
  }

  /** A server that loads its data answers INFO, but not PING. */
  private NodeHealth judge(int node, List<String> answers) {
    for (String answer : answers) {
      if (answer.startsWith("-")) {
        return NodeHealth.unhealthy("it answered " + answer);
      }
    }
    ReplicationInfo info = ReplicationInfo.parse(answers.get(1) + "\n" + answers.get(2));
    if (info.history() != null) {
      historyListener.accept(info.history(), node);
    }
    return info.health(node == group.topology().master());
  }
}
