package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The slow log, hot keys and big replies. */
class InsightTest {
  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient client;

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(1);
    proxy =
        TestProxy.start(
            group,
            Map.of("slow-log.threshold", "150ms", "slow-log.length", "3", "probe.timeout", "5s"),
            TestProxy::eventual);
    client = proxy.connect();
  }

  @Test
  void aSlowRequestIsKeptWithItsKeyAndWithoutItsValue() throws Exception {
    client.call("CLIENT", "SETNAME", "slow-one");
    group.master().pause();
    client.sendCommand("SET", "the-key", "the-value", "EX", "100");
    awaitInFlight(1);
    resumeLate(group.master());
    assertThat(client.readText()).isEqualTo("OK");

    List<?> entry = entries().get(0);
    assertThat(entry.get(0)).isEqualTo(0L);
    assertThat((Long) entry.get(1)).isCloseTo(System.currentTimeMillis() / 1000, within5());
    assertThat((Long) entry.get(2)).isBetween(150_000L, 10_000_000L);
    assertThat(entry.get(3)).isEqualTo(List.of("set", "the-key"));
    assertThat((String) entry.get(4)).startsWith("127.0.0.1:");
    assertThat(entry.get(5)).isEqualTo("slow-one");
    assertThat(entry.get(6).toString())
        .contains("node, 127.0.0.1:" + group.master().port(), "requests, 1", "behind-earlier, 0");
    assertThat(entry.toString()).doesNotContain("the-value");
    assertThat(new Scrape(proxy.scrape()).sum("redis_proxy_slow_total")).isEqualTo(1);
  }

  @Test
  void timeBehindAnEarlierReplyIsTold() throws Exception {
    group.replica(0).pause();
    client.sendCommand("GET", "a");
    awaitInFlight(1);
    client.sendCommand("SET", "b", "1");
    await().until(() -> group.commandCount(group.master(), "set") == 1);
    resumeLate(group.replica(0));
    client.readText();
    assertThat(client.readText()).isEqualTo("OK");

    List<?> last = entries().get(0);
    assertThat(last.get(3)).isEqualTo(List.of("set", "b"));
    List<?> told = (List<?>) last.get(6);
    assertThat(told.get(8)).isEqualTo("at-node");
    assertThat(told.get(10)).isEqualTo("behind-earlier");
    assertThat((Long) told.get(11)).isPositive().isGreaterThan((Long) told.get(9));
  }

  @Test
  void theLogIsBoundedAndCanBeReset() throws Exception {
    try (RawClient other = proxy.connect()) {
      for (int i = 0; i < 2; i++) {
        group.master().pause();
        client.sendCommand("INCR", "a" + i);
        other.sendCommand("INCR", "b" + i);
        awaitInFlight(2);
        resumeLate(group.master());
        client.readText();
        other.readText();
      }
    }
    await().until(() -> client.call("PROXY", "SLOWLOG", "LEN").equals(3L));
    assertThat(entries()).hasSize(3);
    assertThat((List<?>) client.call("PROXY", "SLOWLOG", "GET", "1")).hasSize(1);
    assertThat(client.call("PROXY", "SLOWLOG", "RESET")).isEqualTo("OK");
    assertThat(client.call("PROXY", "SLOWLOG", "LEN")).isEqualTo(0L);
  }

  @Test
  void whoWaitsForOthersIsNotSlow() throws Exception {
    assertThat(client.call("BLPOP", "nothing", "0.3")).isNull();
    client.call("PING");
    assertThat(entries()).isEmpty();
  }

  @Test
  void theKeyThatMostRequestsNameIsTheHottest() throws Exception {
    for (int round = 0; round < 40; round++) {
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 100; i++) {
        String key = i % 3 == 0 ? "cold-" + round + "-" + i : "hot";
        requests.append("*2\r\n$3\r\nGET\r\n$").append(key.length()).append("\r\n");
        requests.append(key).append("\r\n");
      }
      client.send(requests.toString());
      for (int i = 0; i < 100; i++) {
        client.readText();
      }
    }
    await()
        .untilAsserted(
            () -> {
              List<?> keys = (List<?>) client.call("PROXY", "HOTKEYS", "1");
              assertThat(keys).hasSize(1);
              List<?> first = (List<?>) keys.get(0);
              assertThat(first.get(0)).isEqualTo("hot");
              assertThat((Long) first.get(1)).isBetween(1000L, 6000L);
            });
  }

  @Test
  void theKeysWithTheLargestRepliesAreTheBiggest() throws Exception {
    String longKey = "long-".repeat(20);
    client.call("SET", "big", "x".repeat(20_000));
    client.call("SET", longKey, "x".repeat(50_000));
    client.call("SET", "small", "x");
    group.awaitInSync();
    for (String key : List.of("big", longKey, "small")) {
      client.call("GET", key);
    }
    String shown = longKey.substring(0, 64) + "... (36 more bytes)";
    await()
        .untilAsserted(
            () ->
                assertThat(client.call("PROXY", "BIGKEYS"))
                    .isEqualTo(List.of(List.of(shown, 50_010L), List.of("big", 20_010L))));
  }

  @ParameterizedTest
  @CsvSource({
    "PROXY SLOWLOG GET x, count should be greater than or equal to -1",
    "PROXY SLOWLOG GET -2, count should be greater than or equal to -1",
    "PROXY SLOWLOG NOSUCH, unknown subcommand or wrong number of arguments for 'SLOWLOG'. Try PROXY HELP.",
    "PROXY SLOWLOG LEN x, unknown subcommand or wrong number of arguments for 'SLOWLOG'. Try PROXY HELP.",
    "PROXY SLOWLOG, wrong number of arguments for 'proxy|slowlog' command",
    "PROXY HOTKEYS x, value is not an integer or out of range",
    "PROXY BIGKEYS 1 2, value is not an integer or out of range",
  })
  void mistakesAreTold(String command, String error) throws IOException {
    assertThat(client.call(command.split(" "))).isEqualTo(new RedisError("ERR " + error));
  }

  private List<List<?>> entries() throws IOException {
    return ((List<?>) client.call("PROXY", "SLOWLOG", "GET", "-1"))
        .stream().<List<?>>map(entry -> (List<?>) entry).toList();
  }

  private void awaitInFlight(int requests) {
    await().until(() -> new Scrape(proxy.scrape()).sum("redis_proxy_node_in_flight") == requests);
  }

  /** When what waits for the node has waited for longer than the threshold. */
  private static void resumeLate(RedisNode node) {
    await().pollDelay(Duration.ofMillis(200)).until(() -> true);
    node.resume();
  }

  private static Offset<Long> within5() {
    return Offset.offset(5L);
  }
}
