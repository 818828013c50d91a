package io.redisproxy.topology;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodeProbe;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;

/**
 * Probes the nodes of a group, each by itself on a connection of its own, and keeps the group's
 * {@link Topology}. All of it runs on one event loop.
 */
public final class HealthMonitor {
  private static final List<String> PROBE = List.of("PING", "INFO replication", "INFO server");

  private final NodeGroup group;
  private final NodeConnector connector;
  private final Duration interval;
  private final List<NodeProbe> probes;
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
    this.connector = connector;
    this.interval = interval;
    probes =
        group.nodes().stream()
            .map(node -> new NodeProbe(node, logins.apply(node), connector, timeout))
            .toList();
  }

  /** Tells the history, a replication id, that each probe finds a node in. */
  public void onHistory(ObjIntConsumer<String> listener) {
    historyListener = listener;
  }

  public void start() {
    for (int node = 0; node < probes.size(); node++) {
      probe(node);
    }
  }

  public void close() {
    closed = true;
    probes.forEach(NodeProbe::close);
  }

  private void probe(int node) {
    if (closed) {
      return;
    }
    probes
        .get(node)
        .ask(PROBE)
        .onComplete(
            answer -> {
              if (closed) {
                return;
              }
              group.onProbed(
                  node,
                  answer.succeeded()
                      ? judge(node, answer.result())
                      : NodeHealth.unhealthy(answer.cause().getMessage()));
              connector.schedule(interval, () -> probe(node));
            });
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
    return info.health(node == NodeGroup.MASTER);
  }
}
