package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/** All Sentinels of a service that are known: those that the user named, and who they know. */
final class SentinelPolls {
  /** More than any service has; a Sentinel in disorder may name any number. */
  private static final int MOST = 64;

  private final Set<NodeAddress> named;
  private final Function<NodeAddress, SentinelPoll> open;
  private final Map<NodeAddress, SentinelPoll> polls = new HashMap<>();

  SentinelPolls(List<NodeAddress> named, Function<NodeAddress, SentinelPoll> open) {
    this.named = Set.copyOf(named);
    this.open = open;
    named.forEach(node -> polls.put(node, open.apply(node)));
  }

  void reconnect() {
    polls.values().forEach(SentinelPoll::reconnect);
  }

  void askAll() {
    polls.values().forEach(SentinelPoll::ask);
  }

  /** Whether each of those that the user named has answered or failed. */
  boolean areAllAsked() {
    return named.stream().allMatch(node -> polls.get(node).isAsked());
  }

  List<SentinelView> views() {
    return polls.values().stream().map(SentinelPoll::view).filter(Objects::nonNull).toList();
  }

  /**
   * How many Sentinels there are: those that have ever answered, those that they know, and at least
   * as many as the user named.
   */
  int count() {
    Set<String> ids = new HashSet<>(known(views()).keySet());
    polls.values().stream().map(SentinelPoll::id).filter(Objects::nonNull).forEach(ids::add);
    return Math.max(named.size(), ids.size());
  }

  /** Takes Sentinels in that others know, and gives up those that nobody knows any more. */
  void follow() {
    List<SentinelView> views = views();
    if (views.isEmpty()) {
      return;
    }
    Map<String, NodeAddress> known = known(views);
    Set<String> ids = new HashSet<>();
    views.forEach(view -> ids.add(view.id()));
    known.forEach(
        (id, node) -> {
          if (!ids.contains(id) && !polls.containsKey(node) && polls.size() < MOST) {
            SentinelPoll poll = open.apply(node);
            polls.put(node, poll);
            poll.ask();
          }
        });
    List<SentinelPoll> left = new ArrayList<>();
    for (SentinelPoll poll : polls.values()) {
      if (!named.contains(poll.node())
          && (poll.view() == null ? !known.containsValue(poll.node()) : isAnother(poll))) {
        left.add(poll);
      }
    }
    left.forEach(
        poll -> {
          polls.remove(poll.node());
          poll.close();
        });
  }

  /** Whether it is one that the user named, too, by another address. */
  private boolean isAnother(SentinelPoll found) {
    return named.stream()
        .map(node -> polls.get(node).view())
        .anyMatch(view -> view != null && view.id().equals(found.view().id()));
  }

  /** The Sentinels that most others know, by their ids. */
  private static Map<String, NodeAddress> known(List<SentinelView> views) {
    Map<Map.Entry<String, NodeAddress>, Integer> counts = new HashMap<>();
    views.forEach(
        view -> view.others().entrySet().forEach(other -> counts.merge(other, 1, Integer::sum)));
    Map<String, NodeAddress> known = new HashMap<>();
    counts.forEach(
        (other, count) -> {
          long asked = views.stream().filter(view -> !view.id().equals(other.getKey())).count();
          if (2 * count > asked) {
            known.put(other.getKey(), other.getValue());
          }
        });
    return known;
  }

  void close() {
    polls.values().forEach(SentinelPoll::close);
  }
}
