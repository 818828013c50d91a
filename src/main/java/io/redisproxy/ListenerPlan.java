package io.redisproxy;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.SentinelConfig;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.consistency.WriteTables;
import io.redisproxy.metrics.ProxyMeters;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What has to be done with the listeners that are open for a new configuration to be in effect.
 * Nothing is done yet, and a configuration that can't work is refused while the plan is made.
 *
 * @param open the listeners as they are to be then
 * @param replaced those that can't become what they are to be while clients are connected
 * @param holds what has to be held before anything else is done
 */
record ListenerPlan(
    List<Served> open,
    List<Served> added,
    List<Served> removed,
    List<Change> changed,
    List<Replacement> replaced,
    List<Hold> holds) {

  /** {@code parts}: the components of its configuration that are not the same. */
  record Change(Served served, Served.Current next, Set<String> parts) {}

  record Replacement(Served before, Served after, Set<String> parts) {}

  /** The clients of a listener that is going write what is not noted in a table that others ask. */
  record Hold(Served going, WriteTable table) {}

  /**
   * {@code leaving}: listeners that have clients still, but no port.
   *
   * @throws StartException if the proxy can't do what is wanted
   */
  static ListenerPlan of(
      List<Served> open, List<Served> leaving, List<ListenerConfig> wanted, ProxyMeters meters) {
    Map<Integer, Served> byPort =
        open.stream().collect(Collectors.toMap(Served::port, Function.identity()));
    List<Served> going = going(open, leaving, wanted);
    List<WriteTable> tables = tables(byPort, going, wanted);
    ListenerPlan plan =
        new ListenerPlan(
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    Set<WriteTable> asked =
        IntStream.range(0, wanted.size())
            .filter(i -> Served.holdsReads(wanted.get(i)))
            .mapToObj(tables::get)
            .collect(Collectors.toSet());
    for (int i = 0; i < wanted.size(); i++) {
      ListenerConfig config = wanted.get(i);
      WriteTable table = tables.get(i);
      Served before = byPort.remove(config.port());
      if (before != null && plan.keeps(before, config, table, asked)) {
        plan.open.add(before);
        continue;
      }
      Served after = new Served(config, table, asked.contains(table), meters);
      plan.open.add(after);
      if (before == null) {
        plan.added.add(after);
      } else {
        plan.replaced.add(new Replacement(before, after, differences(before.config(), config)));
        plan.holdIfHidden(before, table, asked);
      }
    }
    for (int i = 0; i < going.size(); i++) {
      plan.holdIfHidden(going.get(i), tables.get(wanted.size() + i), asked);
    }
    plan.removed.addAll(byPort.values());
    return plan;
  }

  /** False if it can't become what it is to be: those who are there have noted no writes. */
  private boolean keeps(
      Served before, ListenerConfig config, WriteTable table, Set<WriteTable> asked) {
    Set<String> parts = differences(before.config(), config);
    boolean notes =
        !asked.contains(table) || (before.consistency() != null && before.table() == table);
    boolean holds = Served.holdsReads(config) == before.holdsReads();
    // Who came without TLS would stay without, and the other way round.
    boolean secured = before.config().tls().isPresent() == config.tls().isPresent();
    if (!notes || !holds || !secured) {
      return false;
    }
    if (!parts.isEmpty()) {
      changed.add(new Change(before, before.current().next(config), parts));
    }
    return true;
  }

  private void holdIfHidden(Served going, WriteTable table, Set<WriteTable> asked) {
    if (asked.contains(table) && (going.consistency() == null || going.table() != table)) {
      holds.add(new Hold(going, table));
    }
  }

  /** Those that have clients, and no port then. */
  private static List<Served> going(
      List<Served> open, List<Served> leaving, List<ListenerConfig> wanted) {
    Set<Integer> ports = wanted.stream().map(ListenerConfig::port).collect(Collectors.toSet());
    return Stream.concat(
            leaving.stream(), open.stream().filter(each -> !ports.contains(each.port())))
        .toList();
  }

  /** Listeners that share nodes share what was written, with those that are going, too. */
  private static List<WriteTable> tables(
      Map<Integer, Served> open, List<Served> going, List<ListenerConfig> wanted) {
    List<ListenerConfig> all = new ArrayList<>(wanted);
    Map<Integer, WriteTable> present = new HashMap<>();
    for (int i = 0; i < wanted.size(); i++) {
      Served before = open.get(wanted.get(i).port());
      if (before != null) {
        present.put(i, before.table());
      }
    }
    for (Served each : going) {
      present.put(all.size(), each.table());
      all.add(each.config());
    }
    return WriteTables.of(all.stream().map(ListenerPlan::names).toList(), present);
  }

  /** Of nodes that are not known yet, the service that they are of, or what selects them. */
  private static Set<Object> names(ListenerConfig config) {
    Set<Object> names = new HashSet<>(config.nodes());
    config.sentinel().map(SentinelConfig::service).ifPresent(names::add);
    config.kubernetes().ifPresent(names::add);
    return names;
  }

  private static Set<String> differences(ListenerConfig before, ListenerConfig after) {
    return Stream.of(ListenerConfig.class.getRecordComponents())
        .filter(component -> !Objects.equals(get(component, before), get(component, after)))
        .map(RecordComponent::getName)
        .collect(Collectors.toSet());
  }

  private static Object get(RecordComponent component, ListenerConfig config) {
    try {
      return component.getAccessor().invoke(config);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component.getName(), e);
    }
  }

  /** What is done, for people. */
  List<String> describe() {
    List<String> lines = new ArrayList<>();
    added.forEach(each -> lines.add("listener " + each.port() + ": added"));
    removed.forEach(each -> lines.add("listener " + each.port() + ": removed"));
    changed.forEach(
        each -> lines.add("listener " + each.served().port() + ": new " + words(each.parts())));
    replaced.forEach(
        each ->
            lines.add(
                "listener "
                    + each.after().port()
                    + ": new "
                    + words(each.parts())
                    + "; its clients are let go, since those can't change under them"));
    return List.copyOf(lines);
  }

  /** As the JSON calls them, more or less. */
  private static String words(Set<String> parts) {
    if (parts.isEmpty()) {
      return "servers in common with another one";
    }
    return parts.stream()
        .map(part -> part.equals("replicas") ? "slave" : part)
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
