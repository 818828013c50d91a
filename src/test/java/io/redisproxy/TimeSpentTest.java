package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where the slow log says that the time of a request went. */
class TimeSpentTest {
  private static final Duration WAIT = Duration.ofMillis(400);

  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient client;

  /** A busy machine starts a server slowly. */
  private static final Resilience HOLDING_LONG =
      new Resilience(
          Resilience.DEFAULT.readTimeout(), 3, MasterFallback.ALWAYS, Duration.ofSeconds(30));

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(1);
    proxy =
        TestProxy.start(
            group,
            Map.of(
                "slow-log.threshold", "150ms",
                "client.output-limit", "100K",
                "client.slow-timeout", "10s",
                "probe.timeout", "5s"),
            config -> TestProxy.eventual(TestProxy.resilient(HOLDING_LONG).apply(config)));
    client = proxy.connect();
  }

  @Test
  void aClientThatIsSlowToSaySomethingIsWaitedFor() throws Exception {
    client.send("*2\r\n$3\r\nGET\r\n$1\r\n");
    letTimePass(" qbuf=[1-9]");
    client.send("a\r\n");
    assertThat(client.readReply()).isNull();
    assertWaited("for-client", "get");
  }

  @Test
  void soIsOneWhoseLargeRequestComesInParts() throws Exception {
    byte[] request = RawClient.request("SET", "a", "x".repeat(4_000_000));
    client.send(Arrays.copyOf(request, 2_000_000));
    letTimePass(" state=streaming ");
    client.send(Arrays.copyOfRange(request, 2_000_000, request.length));
    assertThat(client.readText()).isEqualTo("OK");
    assertWaited("for-client", "set");
  }

  @Test
  void soIsOneThatDoesNotTakeItsReply() throws Exception {
    client.call("SET", "a", "x".repeat(16_000_000));
    group.awaitInSync();
    client.call("PROXY", "SLOWLOG", "RESET");
    try (RawClient reader = new RawClient(proxy.port(), 10_000)) {
      reader.sendCommand("GET", "a");
      letTimePass(" omem=[1-9]");
      assertThat((byte[]) reader.readReply()).hasSize(16_000_000);
    }
    assertWaited("for-client", "get");
  }

  @Test
  void soIsOneThatDoesNotTakeAReplyThatAnotherNodeGave() throws Exception {
    client.call("SET", "a", "x".repeat(16_000_000));
    group.awaitInSync();
    client.call("PROXY", "SLOWLOG", "RESET");
    group.replica(0).pause();
    try (RawClient reader = new RawClient(proxy.port(), 10_000)) {
      reader.sendCommand("GET", "a");
      await().until(() -> proxy.counted("redis_proxy.retries", "reason", "timeout") == 1);
      letTimePass(" omem=[1-9]");
      assertThat((byte[]) reader.readReply()).hasSize(16_000_000);
    } finally {
      group.replica(0).resume();
    }
    assertWaited("for-client", "get");
  }

  @Test
  void whatHasToComeBehindEarlierRepliesIsQueued() throws Exception {
    group.replica(0).pause();
    client.sendCommand("GET", "a");
    client.sendCommand("MULTI");
    letTimePass(" pending=[1-9]");
    group.replica(0).resume();
    assertThat(client.readReply()).isNull();
    assertThat(client.readText()).isEqualTo("OK");
    client.call("DISCARD");
    assertWaited("in-queue", "multi");
  }

  @Test
  void soIsAWriteThatFindsNoMaster() throws Exception {
    String master = "node=127.0.0.1:" + group.master().port();
    group.master().kill();
    // A dying server may take connections for a moment after it has closed those it had.
    await().until(() -> new Scrape(proxy.scrape()).sum("redis_proxy_node_up", master) == 0);
    await()
        .until(() -> new Scrape(proxy.scrape()).sum("redis_proxy_node_connections", master) == 0);
    client.sendCommand("SET", "a", "1");
    letTimePass(" state=holding ");
    group.master().restart();
    assertThat(client.readText()).isEqualTo("OK");
    assertWaited("in-queue", "set");
  }

  @Test
  void aWaitIsNotChargedToWhatComesLater() throws Exception {
    group.replica(0).pause();
    client.sendCommand("GET", "a");
    client.sendCommand("CLIENT", "LIST");
    letTimePass(" pending=[1-9]");
    group.replica(0).resume();
    client.readReply();
    client.readReply();
    client.call("PROXY", "SLOWLOG", "RESET");
    client.call("SET", "a", "1");
    client.call("PING");
    assertThat(client.call("PROXY", "SLOWLOG", "LEN")).isEqualTo(0L);
  }

  private void assertWaited(String part, String command) throws IOException {
    await().until(() -> !client.call("PROXY", "SLOWLOG", "LEN").equals(0L));
    List<?> entry = (List<?>) ((List<?>) client.call("PROXY", "SLOWLOG", "GET", "1")).get(0);
    assertThat(((List<?>) entry.get(3)).get(0)).isEqualTo(command);
    List<?> told = (List<?>) entry.get(6);
    Map<String, Long> micros = new HashMap<>();
    for (String each : List.of("for-client", "in-queue", "at-node", "behind-earlier")) {
      micros.put(each, (Long) told.get(told.indexOf(each) + 1));
    }
    long total = (Long) entry.get(2);
    assertThat(micros.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(total);
    // A busy machine adds to any part.
    assertThat(micros.get(part)).isBetween(WAIT.toNanos() / 1000, total);
    assertThat(micros.values()).allMatch(spent -> spent >= 0);
  }

  /** Longer than the slow log's threshold, from when a client's line in the list has this. */
  private void letTimePass(String pattern) throws IOException {
    Pattern line = Pattern.compile(pattern);
    try (RawClient watcher = proxy.connect()) {
      await().until(() -> line.matcher((String) watcher.call("PROXY", "CLIENTS")).find());
    }
    await().pollDelay(WAIT).until(() -> true);
  }
}
