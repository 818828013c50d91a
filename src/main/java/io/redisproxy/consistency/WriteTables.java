package io.redisproxy.consistency;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which groups share a table. Those with a node in common have the same master, whichever node that
 * is at the time, and so have to see each other's writes. Groups that share one without need only
 * measure more rounds than they would.
 */
public final class WriteTables {
  private record Table(Set<Object> names, WriteTable table) {}

  private WriteTables() {}

  /**
   * The table of each group, in their order.
   *
   * @param groups what names each group's nodes, such as their addresses
   */
  public static List<WriteTable> of(List<? extends Set<?>> groups) {
    List<Table> tables = new ArrayList<>();
    for (Set<?> names : groups) {
      Table merged = new Table(new HashSet<>(names), new WriteTable());
      List<Table> joined = tables.stream().filter(each -> hasAnyOf(names, each)).toList();
      joined.forEach(each -> merged.names.addAll(each.names));
      tables.removeAll(joined);
      tables.add(merged);
    }
    return groups.stream().map(names -> find(tables, names)).toList();
  }

  private static WriteTable find(List<Table> tables, Set<?> names) {
    return tables.stream()
        .filter(each -> hasAnyOf(names, each))
        .map(Table::table)
        .findFirst()
        .orElseThrow();
  }

  private static boolean hasAnyOf(Set<?> names, Table table) {
    return names.stream().anyMatch(table.names::contains);
  }
}
