package io.redisproxy.operator;

import io.redisproxy.operator.v1alpha1.RedisProxyStatus.ListenerStatus;
import io.redisproxy.operator.v1alpha1.RedisProxyStatus.NodeStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What several proxies say of the same servers, as one. */
record SeenTopology(List<ListenerStatus> listeners, List<String> doubts) {

  /** {@code ports}: of the listeners that there should be. */
  static SeenTopology of(List<Integer> ports, Collection<PodReport> reports) {
    List<ListenerStatus> listeners = new ArrayList<>();
    List<String> doubts = new ArrayList<>();
    for (int port : ports.stream().sorted().toList()) {
      List<PodReport.Listener> seen =
          reports.stream()
              .flatMap(report -> report.listeners().stream())
              .filter(listener -> listener.name().equals(String.valueOf(port)))
              .toList();
      if (seen.isEmpty()) {
        doubts.add("listener " + port + ": no proxy has opened it yet");
      } else {
        listeners.add(
            new ListenerStatus(port, master(port, seen, doubts).orElse(null), nodes(seen)));
      }
    }
    return new SeenTopology(listeners, doubts);
  }

  /** That on which all agree. */
  private static Optional<String> master(
      int port, List<PodReport.Listener> seen, List<String> doubts) {
    SortedSet<String> masters = new TreeSet<>();
    int without = 0;
    for (PodReport.Listener listener : seen) {
      List<String> up =
          listener.nodes().stream()
              .filter(node -> node.up() && node.role().equals("master"))
              .map(PodReport.Node::address)
              .toList();
      masters.addAll(up);
      without += up.isEmpty() ? 1 : 0;
    }
    if (masters.size() == 1 && without == 0) {
      return Optional.of(masters.first());
    }
    doubts.add(
        "listener "
            + port
            + (masters.size() > 1
                ? ": the proxies take " + String.join(" and ", masters) + " for the master"
                : ": " + without + " of " + seen.size() + " proxies have no master that is up"));
    return Optional.empty();
  }

  private static List<NodeStatus> nodes(List<PodReport.Listener> seen) {
    Map<String, List<PodReport.Node>> byAddress =
        seen.stream()
            .flatMap(listener -> listener.nodes().stream())
            .collect(
                Collectors.groupingBy(PodReport.Node::address, TreeMap::new, Collectors.toList()));
    return byAddress.entrySet().stream()
        .map(
            node ->
                new NodeStatus(
                    node.getKey(),
                    mostSaid(node.getValue()),
                    (int) node.getValue().stream().filter(PodReport.Node::up).count(),
                    node.getValue().size()))
        .toList();
  }

  private static String mostSaid(List<PodReport.Node> nodes) {
    Map<String, Long> counts =
        nodes.stream()
            .map(PodReport.Node::role)
            .collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    return Collections.max(
            counts.entrySet(),
            Map.Entry.<String, Long>comparingByValue()
                .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
        .getKey();
  }
}
