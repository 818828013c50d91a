package io.redisproxy.topology;

import io.redisproxy.metrics.TopologyChange;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jboss.logging.Logger.Level;

/** Tells each change of a group in one line, with its reason, and remembers the last ones. */
final class TopologyLog {
  private static final Logger LOG = Logger.getLogger(NodeGroup.class);

  /** So many changes are remembered. */
  private static final int KEPT = 16;

  private final String name;
  private final Deque<TopologyEvent> last = new ArrayDeque<>();
  private volatile Consumer<TopologyChange> counter = change -> {};

  /** {@code name}: the listener's. */
  TopologyLog(String name) {
    this.name = name;
  }

  /** Tells each change from now on. */
  void count(Consumer<TopologyChange> by) {
    counter = by;
  }

  /** The last changes, the newest first. */
  List<TopologyEvent> last() {
    return List.copyOf(last);
  }

  void onChange(Topology before, Topology now) {
    boolean first = before == Topology.EMPTY;
    for (int node = 0; node < now.nodes().size(); node++) {
      NodeState state = now.nodes().get(node);
      NodeState was = node < before.nodes().size() ? before.nodes().get(node) : null;
      boolean other = was == null || !was.address().equals(state.address());
      boolean wasMember = !other && was.isMember();
      if (wasMember && !state.isMember()) {
        tell(Level.INFO, TopologyChange.LEFT, "node " + state.address() + " has left");
      } else if (!wasMember && state.isMember() && !first) {
        tell(Level.INFO, TopologyChange.JOINED, "node " + state.address() + " has joined");
      }
      NodeHealth.Status status = state.health().status();
      if (state.isMember() && (wasMember ? was.health().status() : null) != status) {
        onStatus(now.role(node) + " " + state.address(), state.health());
      }
    }
    if (!name(before).equals(name(now))) {
      onMaster(before, now);
    }
  }

  private void onStatus(String node, NodeHealth health) {
    switch (health.status()) {
      case UNKNOWN -> {}
      case HEALTHY -> tell(Level.INFO, TopologyChange.UP, node + " is up");
      case UNHEALTHY ->
          tell(Level.WARN, TopologyChange.DOWN, node + " is down: " + health.detail());
    }
  }

  private void onMaster(Topology before, Topology now) {
    if (now.master() == Topology.NONE) {
      String text = "no master is known: " + now.reason();
      tell(Level.WARN, TopologyChange.NO_MASTER, text);
    } else if (before.master() == Topology.NONE) {
      String text = "the master is " + name(now) + ": " + now.reason();
      tell(Level.INFO, TopologyChange.MASTER, text);
    } else {
      String text =
          "the master is " + name(now) + ", no longer " + name(before) + ": " + now.reason();
      tell(Level.WARN, TopologyChange.MASTER, text);
    }
  }

  private void tell(Level level, TopologyChange change, String text) {
    LOG.logf(level, "listener %s: %s", name, text);
    counter.accept(change);
    last.addFirst(new TopologyEvent(Instant.now().truncatedTo(ChronoUnit.MILLIS), change, text));
    if (last.size() > KEPT) {
      last.removeLast();
    }
  }

  private static String name(Topology topology) {
    return topology.master() == Topology.NONE ? "" : topology.address(topology.master()).toString();
  }
}
