package io.redisproxy.topology;

import static io.redisproxy.topology.Topology.NONE;

import io.redisproxy.config.HealthLimits;
import java.util.List;

/**
 * Decides which nodes of a group are fit to be used.
 *
 * <p>What a node says of itself counts at once; that it doesn't answer, after some probes in a row,
 * as it has to pass some to come back. That requests got no answer counts at once, too, as those
 * that follow would wait as long.
 *
 * <p>A replica may pass its probes and yet be too slow for requests, each time that it is back; so
 * it stays away for longer and longer, as long as another one is fit.
 *
 * <p>A replica that lags is out until it lags half as much. One that has heard nothing for long
 * does not lag if the master has said nothing either. Without a master that answers there is nobody
 * who could do better.
 *
 * <p>Replicas that have lost their master lose it at the same moment, and would leave all reads to
 * a master that is gone. So a replica whose link is down is only out if another one is known to
 * have kept its own, or after the grace. One that was never in sync has nothing to serve.
 */
final class FitnessJudge {
  private static final long NANOS = 1_000_000_000L;

  /** Probes in a row after which another history is no accident of their order. */
  private static final int STRAYED = 2;

  private HealthLimits limits;
  private List<NodeRecord> nodes = List.of();
  private int master = NONE;
  private String history;
  private long writtenOffset = -1;

  FitnessJudge(HealthLimits limits) {
    this.limits = limits;
  }

  /** From now on these. */
  void limit(HealthLimits next) {
    limits = next;
  }

  /**
   * Judges all nodes.
   *
   * @param probed the node that was probed just now; null if none was
   * @param masterHistory that of the master, or of the last one that was known
   */
  void judge(
      List<NodeRecord> all, int masterIndex, String masterHistory, NodeRecord probed, long now) {
    nodes = all;
    master = masterIndex;
    measureMaster(masterHistory);
    if (probed != null && probed.report != null) {
      measure(probed);
    }
    for (int i = 0; i < nodes.size(); i++) {
      NodeRecord node = nodes.get(i);
      if (isUndecided(node)) {
        node.detail = "it says that it is a master; whether it is the one is not known yet";
      } else if (node.isMember && node.probed) {
        conclude(node, i == master ? objectionToMaster(node) : objection(node, now), probed, now);
      }
    }
  }

  private boolean isUndecided(NodeRecord node) {
    boolean unjudged = node.status() == NodeHealth.Status.UNKNOWN;
    return unjudged && master == NONE && node.isCandidate();
  }

  private void measureMaster(String masterHistory) {
    NodeRecord record = master == NONE ? null : nodes.get(master);
    if (record != null && record.report != null) {
      writtenOffset = record.report.offset();
    } else if (masterHistory == null || !masterHistory.equals(history)) {
      writtenOffset = -1;
    }
    history = masterHistory;
  }

  private void measure(NodeRecord node) {
    NodeReport report = node.report;
    boolean told = node.isReplica() && history != null && report.history() != null;
    boolean comparable = told && history.equals(report.history());
    node.strays = told && !comparable && report.linked() ? node.strays + 1 : 0;
    node.lagBytes =
        comparable && writtenOffset >= 0 && report.offset() >= 0
            ? Math.max(0, writtenOffset - report.offset())
            : -1;
    node.lagging = lagsBy(node, node.lagging ? 0.5 : 1);
  }

  /** Whether it is further behind than a part of what it may be. */
  private boolean lagsBy(NodeRecord node, double part) {
    return node.isReplica()
        && node.report.linked()
        && (node.lagBytes > part * limits.maxLagBytes() || isDeaf(node, part));
  }

  private boolean isDeaf(NodeRecord node, double part) {
    double allowed = part * limits.maxLagSeconds().toNanos() / NANOS;
    return node.lagBytes != 0 && node.report.linkSeconds() > allowed;
  }

  private String objectionToMaster(NodeRecord node) {
    if (node.mute) {
      return null;
    }
    if (node.report == null) {
      return unanswered(node);
    }
    if (node.report.objection() != null) {
      return node.report.objection();
    }
    return node.isReplica() ? "its role is replica, not master" : null;
  }

  /** Null if there is none. */
  private String objection(NodeRecord node, long now) {
    NodeReport report = node.report;
    if (report == null) {
      return unanswered(node);
    }
    if (report.objection() != null) {
      return report.objection();
    }
    if (!node.isReplica()) {
      return "its role is master, not replica";
    }
    if (!report.linked()) {
      return objectionToCutOff(node, now);
    }
    if (node.strays >= STRAYED && master != NONE) {
      return "it is in sync with another master";
    }
    if (node.lagging && master != NONE && nodes.get(master).report != null) {
      return lagText(node);
    }
    return node.distrust;
  }

  private String objectionToCutOff(NodeRecord node, long now) {
    long seconds = node.report.linkSeconds();
    String detail =
        node.report.syncing() ? "it is syncing with its master" : "its link to the master is down";
    if (seconds < 0) {
      return node.report.syncing() ? detail : detail + ", and was never up";
    }
    long grace = limits.staleGrace().toNanos();
    boolean over = now - node.linkLostAt > grace || seconds * NANOS > grace;
    return over || nodes.stream().anyMatch(other -> isLinked(other, node)) ? detail : null;
  }

  /** Whether another replica has its link, and has said so since this one lost its own. */
  private boolean isLinked(NodeRecord other, NodeRecord cutOff) {
    return other != cutOff
        && other.isMember
        && other.isReplica()
        && other.report.linked()
        && other.report.error() == null
        && other.probedAt > cutOff.linkLostAt;
  }

  private String lagText(NodeRecord node) {
    if (node.lagBytes > limits.maxLagBytes()) {
      return "it lags by " + node.lagBytes + " bytes";
    }
    return isDeaf(node, 1)
        ? "it has heard nothing from its master for " + node.report.linkSeconds() + " s"
        : "it still lags by " + node.lagBytes + " bytes, " + node.report.linkSeconds() + " s";
  }

  /** Null while it has not failed often enough, and was in order before. */
  private String unanswered(NodeRecord node) {
    boolean counts = node.failures >= limits.unhealthyAfter();
    return counts || node.status() != NodeHealth.Status.HEALTHY ? node.failure : node.distrust;
  }

  private void conclude(NodeRecord node, String objection, NodeRecord probed, long now) {
    if (objection != null) {
      node.passes = 0;
      node.status(NodeHealth.Status.UNHEALTHY);
      node.detail = objection;
      return;
    }
    if (node == probed && node.report != null) {
      node.passes++;
    }
    boolean wasOut = node.status() == NodeHealth.Status.UNHEALTHY;
    boolean isBack = !wasOut || node.passes >= limits.healthyAfter();
    if (isBack && wasOut && node.awayFor(now) > 0 && isReplaceable(node)) {
      node.doubted = false;
      node.detail =
          "it fell out again soon after it was back, and stays away for "
              + (node.awayFor(now) + NANOS - 1) / NANOS
              + " s more";
    } else if (isBack || node == masterRecord()) {
      if (wasOut) {
        node.onBack(now);
      }
      node.status(NodeHealth.Status.HEALTHY);
      node.doubted = false;
      node.detail = "";
    } else {
      node.detail =
          "it has passed " + node.passes + " of " + limits.healthyAfter() + " probes to come back";
    }
  }

  private boolean isReplaceable(NodeRecord node) {
    return node != masterRecord()
        && nodes.stream()
            .filter(other -> other != node && other != masterRecord())
            .anyMatch(other -> other.isMember && other.status() == NodeHealth.Status.HEALTHY);
  }

  private NodeRecord masterRecord() {
    return master == NONE ? null : nodes.get(master);
  }
}
