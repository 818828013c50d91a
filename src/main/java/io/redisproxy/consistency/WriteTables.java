package io.redisproxy.consistency;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

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
    return of(groups, Map.of());
  }

  /**
   * The same when there are tables already; where several of them would have to be one it is one of
   * them.
   *
   * @param present tables by the place of their group in the list
   */
  public static List<WriteTable> of(
      List<? extends Set<?>> groups, Map<Integer, WriteTable> present) {
    List<Table> tables = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      Set<?> names = groups.get(i);
      List<Table> joined = tables.stream().filter(each -> hasAnyOf(names, each)).toList();
      Set<Object> all = new HashSet<>(names);
      joined.forEach(each -> all.addAll(each.names));
      WriteTable table =
          Stream.concat(joined.stream().map(Table::table), Stream.ofNullable(present.get(i)))
              .filter(Objects::nonNull)
              .findFirst()
              .orElse(null);
      tables.removeAll(joined);
      tables.add(new Table(all, table));
    }
    tables.replaceAll(each -> each.table == null ? new Table(each.names, new WriteTable()) : each);
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
