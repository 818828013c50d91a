package io.redisproxy.topology;

import java.time.Duration;
import java.util.Collections;

/** Tells a group what a node would have answered to a probe. */
public final class Probed {
  static final String HISTORY = "1".repeat(40);

  private Probed() {}

  /** The node passes so many probes that it counts as up: the first as master, if none is known. */
  public static void up(NodeGroup group, int node) {
    Topology topology = group.topology();
    boolean master = node == (topology.master() < 0 ? NodeGroup.MASTER : topology.master());
    for (int i = 0; i < 2; i++) {
      answer(group, node, master ? master(HISTORY, null, 100) : replica(HISTORY, 100));
    }
  }

  /** The node says that it is a replica, whatever it was. */
  public static void replica(NodeGroup group, int node) {
    answer(group, node, replica(HISTORY, 100));
  }

  /** The replica has answered so late for long. */
  public static void late(NodeGroup group, int node, Duration latency) {
    for (int i = 0; i < 100; i++) {
      NodeReport report = replica(HISTORY, 100);
      group.onAnswered(
          node, group.topology().address(node), report, group.now(), latency.toNanos());
    }
  }

  /** The node fails so many probes that it counts as down. */
  public static void down(NodeGroup group, int node) {
    for (int i = 0; i < 2; i++) {
      group.onFailed(node, group.topology().address(node), "test", true);
    }
  }

  /** A script keeps the node from answering anything else. */
  static void busy(NodeGroup group, int node) {
    answer(group, node, error("BUSY Redis is busy running a script."));
  }

  /** The node lets nobody in who says no password. */
  static NodeReport mute() {
    return error("NOAUTH Authentication required.");
  }

  static NodeReport error(String text) {
    String answer = "-" + text + "\r\n";
    return NodeReport.of(Collections.nCopies(NodeReport.QUESTIONS.size(), answer));
  }

  static void answer(NodeGroup group, int node, NodeReport report) {
    group.onAnswered(node, group.topology().address(node), report, group.now(), 1_000);
  }

  static NodeReport master(String history, String formerHistory, long offset) {
    return report(NodeReport.Role.MASTER, history, formerHistory, offset, false, -1);
  }

  static NodeReport replica(String history, long offset) {
    return report(NodeReport.Role.REPLICA, history, null, offset, true, 0);
  }

  /** {@code seconds}: since it has heard something from its master. */
  static NodeReport deaf(String history, long offset, long seconds) {
    return report(NodeReport.Role.REPLICA, history, null, offset, true, seconds);
  }

  /** {@code seconds}: since its link is down; -1 if it was never up. */
  static NodeReport cutOff(String history, long offset, long seconds) {
    return report(NodeReport.Role.REPLICA, history, null, offset, false, seconds);
  }

  private static NodeReport report(
      NodeReport.Role role,
      String history,
      String formerHistory,
      long offset,
      boolean linked,
      long seconds) {
    return new NodeReport(
        null,
        role,
        "run of " + history,
        history,
        formerHistory,
        offset,
        linked,
        seconds,
        false,
        false);
  }
}
