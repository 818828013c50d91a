package io.redisproxy.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WriteTablesTest {

  @Test
  void groupsWithANodeInCommonShareATable() {
    List<WriteTable> tables =
        WriteTables.of(List.of(Set.of("a", "b"), Set.of("c"), Set.of("b", "d")));

    assertThat(tables.get(0)).isSameAs(tables.get(2)).isNotSameAs(tables.get(1));
  }

  @Test
  void soDoGroupsThatAThirdOneJoins() {
    List<WriteTable> tables =
        WriteTables.of(List.of(Set.of("a"), Set.of("b"), Set.of("c"), Set.of("a", "b")));

    assertThat(tables.get(0)).isSameAs(tables.get(1)).isSameAs(tables.get(3));
    assertThat(tables.get(2)).isNotSameAs(tables.get(0));
  }

  @Test
  void theTablesThatThereAreAreKept() {
    WriteTable first = new WriteTable();
    WriteTable second = new WriteTable();
    List<Set<String>> groups =
        List.of(Set.of("a"), Set.of("b"), Set.of("c", "d"), Set.of("d"), Set.of("a", "b"));
    List<WriteTable> tables = WriteTables.of(groups, Map.of(1, first, 3, second));

    assertThat(tables.get(1)).isSameAs(first).isSameAs(tables.get(0)).isSameAs(tables.get(4));
    assertThat(tables.get(3)).isSameAs(second).isSameAs(tables.get(2));
  }
}
