package io.redisproxy.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
}
