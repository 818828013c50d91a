package io.redisproxy.topology;

import static io.redisproxy.topology.Topology.NONE;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Finds out which node of a group really is the master, from what each says of itself. There is
 * never more than one. Nodes know each other by addresses that may mean nothing here, so that
 * replication ids are compared: whoever is in sync with a master has the master's id; a replica
 * that is promoted takes a new one, and remembers the former; a server that is started takes a new
 * one, too, and remembers the former only if it was restored from a file with it.
 *
 * <p>A node that says role:master is a candidate. In this order:
 *
 * <ol>
 *   <li>If the source of the nodes names the master, it is that one, unless it says that it is a
 *       replica.
 *   <li>A master that is known, is still the same process and still says that it is one, remains
 *       it, unless more replicas follow another candidate than follow it: the old master of a
 *       minority gets no more writes when the majority's replicas follow the new one, but a replica
 *       that somebody has detached takes nothing from it.
 *   <li>Without one, it is the candidate that most replicas follow.
 *   <li>A candidate that nobody follows is no master while a replica is in sync with somebody else.
 *   <li>If nobody contradicts, it is one that is in the history of the last master, or was promoted
 *       out of that: at once, even if the last one is silent. If there are several, that with the
 *       most of the history.
 *   <li>When the proxy starts and knows no history, the node that is listed first if it is a
 *       candidate and all have been asked; but not if another one was promoted out of a history
 *       that is not the first one's now, since the first was started anew then.
 *   <li>Any other one, such as the last master when it was started anew and has lost its data, is
 *       believed after it was the only one for some time; a single node at once.
 *   <li>A last master that is silent remains it until another one is found, since servers can be
 *       busy for long. One that can't be reached does not: what answers there next may be another
 *       process.
 *   <li>One that does not let the proxy ask is believed to be what it was, or to be the master if
 *       it is listed first, while no other node could be it, and no replica is in sync with another
 *       history than that of the last master.
 * </ol>
 */
final class MasterFinder {
  /** So long a candidate that nothing speaks for, nor against, has to be the only one. */
  private static final long BELIEF = Duration.ofSeconds(3).toNanos();

  /** So many probes in a row that fail are more than an accident. */
  private static final int MISTAKE = 2;

  private List<NodeRecord> nodes = List.of();
  private int master = NONE;
  private NodeRecord last;
  private String lastRun;
  private String lastHistory;
  private String reason = "no node has been asked yet";
  private String notice;
  private NodeRecord waiting;
  private long waitingSince;

  /** Why it is this node, or none. */
  String reason() {
    return reason;
  }

  /** The replication id of the last master that was known; null if none ever was. */
  String lastHistory() {
    return lastHistory;
  }

  /** {@code named}: what the source of the nodes says is the master; null if it doesn't. */
  int find(List<NodeRecord> all, NodeRecord named, long now) {
    nodes = all;
    int found = named == null ? elect(now) : followSource(named);
    if (found != NONE) {
      noteLoss(nodes.get(found));
      last = nodes.get(found);
      if (last.hasTold()) {
        lastRun = last.report.runId();
        lastHistory = last.report.history();
      }
    }
    master = found;
    return found;
  }

  /** Something that somebody should look into; told once. */
  Optional<String> takeNotice() {
    String taken = notice;
    notice = null;
    return Optional.ofNullable(taken);
  }

  private void noteLoss(NodeRecord found) {
    if (lastHistory != null && found.hasTold() && !isHeir(found)) {
      notice =
          "the master "
              + found.address
              + " does not have the data of the one before: its replication id "
              + history(found)
              + " does not go back to "
              + lastHistory;
    }
  }

  private int followSource(NodeRecord named) {
    if (named.isReplica()) {
      return none(named.address + " is named as the master, but says that it is a replica");
    }
    return found(nodes.indexOf(named), "it is named as the master");
  }

  private int elect(long now) {
    master = last == null || !last.isMember ? NONE : nodes.indexOf(last);
    boolean remains = master != NONE && last.isCandidate() && isSameRun(last);
    int most = IntStream.range(0, nodes.size()).map(this::followers).max().orElse(0);
    if (remains && followers(master) >= most) {
      return found(master, most > 0 ? followed(most) : "it says so");
    }
    if (most > 0) {
      return mostFollowed(most);
    }
    boolean lost = master != NONE && last.report == null;
    if (lost && last.failures < MISTAKE) {
      return found(master, "it was just before");
    }
    NodeRecord alone = uncontradicted(now);
    if (alone != null) {
      return nodes.indexOf(alone);
    }
    if (lost && last.silent) {
      return found(master, "it was before it fell silent");
    }
    NodeRecord expected = expected();
    return isBelievedUnasked(expected)
        ? found(nodes.indexOf(expected), "it is to be, and does not let the proxy ask")
        : NONE;
  }

  /** The last master, or else the node that is listed first; null if there is none. */
  private NodeRecord expected() {
    return last != null && last.isMember ? last : firstOf(node -> true);
  }

  private boolean isBelievedUnasked(NodeRecord node) {
    return node != null
        && node.mute
        && allAsked()
        && nodes.stream().noneMatch(each -> each.isCandidate() || isInOtherHistory(each));
  }

  private boolean allAsked() {
    return nodes.stream().allMatch(node -> node.probed || !node.isMember);
  }

  private boolean isInOtherHistory(NodeRecord node) {
    return lastHistory != null
        && node.isMember
        && node.isReplica()
        && node.report.linked()
        && !lastHistory.equals(history(node));
  }

  private int mostFollowed(int most) {
    int[] all = IntStream.range(0, nodes.size()).filter(node -> followers(node) == most).toArray();
    // A server may be there twice, by its own address and that of a Service.
    long runs =
        IntStream.of(all).mapToObj(node -> nodes.get(node).report.runId()).distinct().count();
    if (runs == 1) {
      return found(all[0], followed(most));
    }
    int[] heirs = IntStream.of(all).filter(node -> isHeir(nodes.get(node))).toArray();
    if (heirs.length == 1) {
      return found(heirs[0], followed(most) + ", and it has what the last master had");
    }
    return none(
        "as many replicas follow "
            + nodes.get(all[0]).address
            + " as "
            + nodes.get(all[1]).address);
  }

  private static String followed(int replicas) {
    return replicas == 1 ? "1 replica follows it" : replicas + " replicas follow it";
  }

  /** A candidate that nobody follows, but nothing speaks against. */
  private NodeRecord uncontradicted(long now) {
    List<NodeRecord> candidates = nodes.stream().filter(NodeRecord::isCandidate).toList();
    if (candidates.isEmpty()) {
      none(absence());
      return null;
    }
    NodeRecord dissenter =
        firstOf(node -> node.isReplica() && node.report.linked() && history(node) != null);
    if (dissenter != null) {
      waiting = null;
      none(
          candidates.get(0).address
              + " says that it is the master, but "
              + dissenter.address
              + " is in sync with another one");
      return null;
    }
    NodeRecord heir =
        candidates.stream()
            .filter(this::isHeir)
            .max(Comparator.comparingLong(node -> node.report.offset()))
            .orElse(null);
    if (heir != null) {
      found(heir == last ? "it is back" : "it has what the last master had");
      return heir;
    }
    NodeRecord chosen = candidates.size() == 1 ? candidates.get(0) : chooseAmong(candidates);
    if (isBelievedAtOnce(chosen) || isBelievedByNow(chosen, now)) {
      found(lastHistory == null ? "it says so" : "no other node contradicts");
      return chosen;
    }
    none(chosen.address + " says that it is the master; whether others agree is not known yet");
    return null;
  }

  /** One that was a replica before beats one that was not, unless that has the history of then. */
  private NodeRecord chooseAmong(List<NodeRecord> candidates) {
    NodeRecord first = firstOf(node -> node.isMember);
    boolean listed = candidates.contains(first);
    return candidates.stream()
        .filter(node -> node != first && node.report.formerHistory() != null)
        .filter(node -> !listed || !Objects.equals(node.report.formerHistory(), history(first)))
        .max(Comparator.comparingLong(node -> node.report.offset()))
        .orElse(listed ? first : candidates.get(0));
  }

  private boolean isBelievedAtOnce(NodeRecord candidate) {
    if (nodes.stream().filter(node -> node.isMember).count() == 1) {
      return true;
    }
    return lastHistory == null && candidate == firstOf(node -> node.isMember) && allAsked();
  }

  private boolean isBelievedByNow(NodeRecord candidate, long now) {
    if (candidate != waiting) {
      waiting = candidate;
      waitingSince = now;
    }
    return now - waitingSince >= BELIEF;
  }

  /** Whether its data are those of the last master, or came out of them. */
  private boolean isHeir(NodeRecord node) {
    return (node == last && lastRun != null && isSameRun(node))
        || (lastHistory != null
            && (lastHistory.equals(history(node))
                || lastHistory.equals(node.report.formerHistory())));
  }

  private boolean isSameRun(NodeRecord node) {
    return Objects.equals(node.report.runId(), lastRun);
  }

  private static String history(NodeRecord node) {
    return node.report == null ? null : node.report.history();
  }

  /** How many replicas are in sync with a candidate; 0 with what is none. */
  private int followers(int node) {
    NodeRecord record = nodes.get(node);
    if (!record.isCandidate()) {
      return 0;
    }
    return (int)
        nodes.stream()
            .filter(each -> each.isMember && each.report != null)
            .filter(each -> each.report.follows(record.report.history()))
            .count();
  }

  private NodeRecord firstOf(Predicate<NodeRecord> what) {
    return nodes.stream().filter(node -> node.isMember && what.test(node)).findFirst().orElse(null);
  }

  /** Why no node is even a candidate. */
  private String absence() {
    NodeRecord expected = expected();
    if (expected == null) {
      return "there is no node";
    }
    if (!expected.probed) {
      return "node " + expected.address + " has not been asked yet";
    }
    if (expected.report == null) {
      return "node " + expected.address + " can't be reached: " + expected.failure;
    }
    return expected.address
        + (expected.isReplica()
            ? " is a replica now"
            : " is not ready: " + expected.report.objection());
  }

  private int found(int node, String why) {
    waiting = null;
    reason = why;
    return node;
  }

  private void found(String why) {
    found(NONE, why);
  }

  private int none(String why) {
    reason = why;
    return NONE;
  }
}
