package io.redisproxy.topology;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.NodeProbe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;

/**
 * Probes the nodes of a group, each by itself on a connection of its own, and tells the group what
 * they say. All of it runs on one event loop. While something is about to change, as when there is
 * no master, it probes more often; a node that somebody suspects, at once.
 */
public final class HealthMonitor {
  private static final Duration OFTEN = Duration.ofMillis(100);

  /**
   * From one probe to the next, however much a node is suspected; and when it hasn't been lately.
   */
  private static final Duration AT_ONCE = Duration.ofMillis(10);

  private static final Duration AT_FIRST = Duration.ofMillis(1);

  private final NodeGroup group;
  private final Function<NodeAddress, Login> logins;
  private final NodeConnector connector;
  private final Duration interval;
  private final Duration often;
  private final Duration timeout;

  /** By index; null in place of a node that has left. */
  private final List<Probing> probings = new ArrayList<>();

  private final Consumer<Topology> onChange;
  private int members;
  private ObjIntConsumer<String> historyListener = (history, node) -> {};
  private IntConsumer replacementListener = node -> {};
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
    often = interval.compareTo(OFTEN) < 0 ? interval : OFTEN;
    onChange = topology -> connector.execute(() -> follow(topology));
  }

  /** Tells the history, a replication id, that each probe finds a node in. */
  public void onHistory(ObjIntConsumer<String> listener) {
    historyListener = listener;
  }

  /** Tells a node that is another process than when it was asked before. */
  public void onReplacement(IntConsumer listener) {
    replacementListener = listener;
  }

  public void start() {
    group.onChange(onChange);
    group.onSuspects(() -> connector.execute(this::probeSuspects));
    follow(group.topology());
    // Some may have been suspected while nobody probed.
    probeSuspects();
  }

  public void close() {
    closed = true;
    group.forget(onChange);
    group.onSuspects(() -> {});
    probings.stream().filter(Objects::nonNull).forEach(Probing::close);
  }

  /** Nodes have come or gone. */
  private void follow(Topology topology) {
    if (closed || topology.members() == members) {
      return;
    }
    members = topology.members();
    for (int node = 0; node < topology.nodes().size(); node++) {
      if (node == probings.size()) {
        probings.add(null);
      }
      Probing before = probings.get(node);
      NodeAddress address = topology.isMember(node) ? topology.address(node) : null;
      if (!Objects.equals(address, before == null ? null : before.probe.node())) {
        Probing probing = address == null ? null : new Probing(node, address);
        probings.set(node, probing);
        if (before != null) {
          before.close();
        }
        if (probing != null) {
          probing.ask();
        }
      }
    }
  }

  private void probeSuspects() {
    for (int node : group.takeSuspects()) {
      if (!closed && node < probings.size() && probings.get(node) != null) {
        probings.get(node).askAtOnce();
      }
    }
  }

  /** Who is to tell the most when something is about to change are the others. */
  private void hurryAll() {
    if (group.topology().isUnsettled()) {
      probings.stream().filter(Objects::nonNull).forEach(Probing::hurry);
    }
  }

  /** The probing of one node, without end. */
  private final class Probing {
    private final int node;
    private final NodeProbe probe;
    private boolean asking;
    private boolean again;
    private int failures;
    private long askedAt;
    private long dueAt;

    /** Of the process that answered last; null if none has. */
    private String runId;

    /** From one probe to the next when it is suspected: the oftener it is, the longer. */
    private Duration haste = AT_FIRST;

    /** Changes with each plan for the next probe, so that an earlier one is void. */
    private int plan;

    private boolean over;

    Probing(int node, NodeAddress address) {
      this.node = node;
      probe = new NodeProbe(address, logins.apply(address), connector, timeout);
    }

    void close() {
      over = true;
      probe.close();
    }

    void ask() {
      plan++;
      asking = true;
      again = false;
      if (group.takeReplaceable(node)) {
        probe.reconnect();
      }
      askedAt = group.now();
      boolean connected = probe.isConnected();
      probe
          .ask(NodeReport.QUESTIONS)
          .map(NodeReport::of)
          .onComplete(
              report -> {
                asking = false;
                if (over) {
                  return;
                }
                if (report.succeeded()) {
                  failures = 0;
                  onAnswer(report.result(), connected);
                } else {
                  failures++;
                  onFailure(report.cause());
                }
                // A failure is looked into at once, in case it was an accident.
                askAfter(again ? nextHaste() : failures == 1 ? AT_ONCE : next());
                hurryAll();
              });
    }

    private void onFailure(Throwable cause) {
      String reason = NodeFailure.reasonOf(cause);
      if (cause instanceof NodeProbe.RefusedException) {
        group.onRefused(node, probe.node(), reason, askedAt);
      } else {
        group.onFailed(node, probe.node(), reason, cause instanceof TimeoutException);
      }
    }

    private void onAnswer(NodeReport report, boolean connected) {
      long nanos = connected ? group.now() - askedAt : 0;
      group.onAnswered(node, probe.node(), report, askedAt, nanos);
      if (report.runId() != null && !report.runId().equals(runId)) {
        if (runId != null) {
          replacementListener.accept(node);
        }
        runId = report.runId();
      }
      if (report.history() != null) {
        historyListener.accept(report.history(), node);
      }
    }

    private Duration next() {
      return group.topology().isUnsettled() ? often : interval;
    }

    private void askAfter(Duration delay) {
      int mine = ++plan;
      dueAt = group.now() + delay.toNanos();
      connector.schedule(
          delay,
          () -> {
            if (mine == plan && !over) {
              ask();
            }
          });
    }

    /** Somebody has seen something that the last probe did not. */
    void askAtOnce() {
      if (asking) {
        again = true;
      } else {
        long idle = group.now() - askedAt;
        haste = idle > OFTEN.toNanos() ? AT_FIRST : haste;
        long pause = Math.max(0, haste.toNanos() - idle);
        if (dueAt - group.now() > pause) {
          nextHaste();
          askAfter(Duration.ofNanos(pause));
        }
      }
    }

    private Duration nextHaste() {
      Duration now = haste;
      Duration twice = haste.multipliedBy(2);
      haste = twice.compareTo(AT_ONCE) < 0 ? twice : AT_ONCE;
      return now;
    }

    void hurry() {
      if (!asking && !over && dueAt - group.now() > often.toNanos()) {
        askAfter(often);
      }
    }
  }
}
