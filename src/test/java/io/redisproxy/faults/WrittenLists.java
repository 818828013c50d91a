package io.redisproxy.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.TestProxy;
import io.redisproxy.faults.NumberedList.Outcome;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.io.IOException;
import java.util.List;

/** Holds what is in the servers against what clients were told. */
final class WrittenLists {
  private WrittenLists() {}

  /**
   * Fails if a write is there twice, or out of order, or was refused, or is gone though it was
   * acknowledged, or can't be read through the proxy.
   *
   * @param master the master by now
   * @param since a time of {@link System#nanoTime}: writes that were sent earlier may be lost
   */
  static void check(
      LoadClients load, RedisGroup group, TestProxy proxy, RedisNode master, long since)
      throws IOException {
    try (RawClient client = proxy.connect()) {
      for (NumberedList list : load.lists()) {
        List<Integer> kept = numbers(group.call(master, "LRANGE", list.key(), "0", "-1"));
        assertThat(numbers(client.call("LRANGE", list.key(), "0", "-1"))).isEqualTo(kept);
        assertThat(kept).as(list.key()).doesNotHaveDuplicates().isSorted();
        assertThat(list.numbers(Outcome.REFUSED)).as(list.key()).noneMatch(kept::contains);
        assertThat(list.acknowledgedSince(since)).as(list.key()).isSubsetOf(kept);
      }
    }
  }

  private static List<Integer> numbers(Object reply) {
    return ((List<?>) reply).stream().map(each -> Integer.valueOf((String) each)).toList();
  }
}
