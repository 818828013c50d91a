package io.redisproxy.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.discovery.NumberedWrites.Log;
import io.redisproxy.discovery.NumberedWrites.Outcome;
import io.redisproxy.discovery.NumberedWrites.Write;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Sentinels;
import io.redisproxy.topology.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients of a listener whose servers three real Sentinels tell, and replace. */
class SentinelFailoverTest {
  private static final Logger LOG = Logger.getLogger(SentinelFailoverTest.class);
  private static final Duration FAILOVER = Duration.ofSeconds(30);
  private static final int CLIENTS = 50;

  private RedisGroup group;
  private RedisNode old;
  private Sentinels sentinels;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2);
    old = group.master();
    sentinels = Sentinels.start(group, 3);
  }

  @AfterEach
  void stop() {
    sentinels.close();
    group.close();
  }

  @Test
  void writesResumeWithinASecondOfThePromotion() throws IOException {
    try (TestProxy proxy = proxy()) {
      awaitWritable(proxy);
      failOverUnderLoad(proxy, "master killed");
    }
  }

  @Test
  void aSentinelThatIsDownAndOneThatComesBackHurtNobody() throws IOException {
    sentinels.node(0).kill();
    try (TestProxy proxy = proxy()) {
      awaitWritable(proxy);
      failOverUnderLoad(proxy, "master killed, a Sentinel is down");
      sentinels.node(0).restart();
    }
  }

  @Test
  void aSentinelThatHangsHurtsNobody() throws IOException {
    sentinels.node(0).pause();
    try (TestProxy proxy = proxy()) {
      awaitWritable(proxy);
      failOverUnderLoad(proxy, "master killed, a Sentinel hangs");
    } finally {
      sentinels.node(0).resume();
    }
  }

  @Test
  void aProxyThatStartsWhileTheMasterIsDownReadsAndThenWrites() throws IOException {
    group.call(old, "SET", "a", "1");
    group.awaitInSync();
    old.kill();
    try (TestProxy proxy = proxy();
        RawClient client = proxy.connect()) {
      await().atMost(FAILOVER).until(() -> "OK".equals(client.call("SET", "b", "2")));

      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(client.call("GET", "b")).isEqualTo("2");
    }
  }

  @Test
  void theFormerMasterIsReadFromWhenItIsBackAsAReplica() throws IOException {
    try (TestProxy proxy = proxy();
        RawClient client = proxy.connect()) {
      awaitWritable(proxy);
      old.kill();
      // Sentinels that have not heard of the failover would take it for the master again.
      sentinels.awaitReplaced(old.port());
      await().atMost(FAILOVER).until(() -> "OK".equals(client.call("SET", "a", "1")));
      old.restart();

      await()
          .atMost(FAILOVER)
          .until(
              () -> {
                client.call("GET", "a");
                return group.commandCount(old, "get") > 0;
              });
      Topology topology = proxy.group().topology();
      assertThat(topology.role(topology.indexOf(address(old)))).isEqualTo("replica");
      assertThat(topology.memberIndices().count()).isEqualTo(3);
    }
  }

  private TestProxy proxy() {
    return TestProxy.startAtOnce(Map.of(), port -> new ListenerConfig(port, sentinels.config()));
  }

  private static void awaitWritable(TestProxy proxy) throws IOException {
    try (RawClient client = proxy.connect()) {
      await().until(() -> "OK".equals(client.call("SET", "first", "1")));
    }
  }

  private void failOverUnderLoad(TestProxy proxy, String name) throws IOException {
    NumberedWrites clients = new NumberedWrites(CLIENTS, proxy.port());
    long killedAt;
    long promotedAt;
    RedisNode promoted;
    try (clients) {
      await().until(() -> group.commandCount(old, "rpush") > 1000);
      clients.unsure(true);
      old.kill();
      killedAt = System.nanoTime();
      promoted = awaitPromoted();
      promotedAt = System.nanoTime();
      await().until(() -> group.commandCount(promoted, "rpush") > 1000);
      clients.unsure(false);
      long before = group.commandCount(promoted, "rpush");
      await().until(() -> group.commandCount(promoted, "rpush") > before + 1000);
    }
    long resumed = firstAcknowledged(clients.logs(), killedAt) - promotedAt;
    report(name, clients, promotedAt - killedAt, resumed);
    assertThat(clients.misreads()).isEmpty();
    assertThat(resumed).isLessThan(TimeUnit.SECONDS.toNanos(1));
    checkWritten(proxy, clients.logs(), promoted, killedAt);
  }

  /** When the promoted replica says that it is the master. */
  private RedisNode awaitPromoted() {
    return await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(FAILOVER)
        // A Sentinel closes all connections to the server that it promotes.
        .ignoreExceptions()
        .until(
            () ->
                group.replicas().stream()
                    .filter(node -> ((List<?>) group.call(node, "ROLE")).get(0).equals("master"))
                    .findFirst(),
            Optional::isPresent)
        .get();
  }

  private static long firstAcknowledged(List<Log> logs, long after) {
    return logs.stream()
        .flatMap(log -> log.writes().stream())
        .filter(write -> write.outcome() == Outcome.ACKNOWLEDGED && write.sentAt() - after > 0)
        .mapToLong(Write::answeredAt)
        .min()
        .orElseThrow();
  }

  private void checkWritten(TestProxy proxy, List<Log> logs, RedisNode promoted, long killedAt)
      throws IOException {
    try (RawClient client = proxy.connect()) {
      for (Log log : logs) {
        List<Integer> kept = numbers(group.call(promoted, "LRANGE", log.key(), "0", "-1"));
        assertThat(numbers(client.call("LRANGE", log.key(), "0", "-1"))).isEqualTo(kept);
        assertThat(kept).doesNotHaveDuplicates().isSorted();
        assertThat(log.numbers(Outcome.REFUSED)).doesNotContainAnyElementsOf(kept);
        assertThat(kept)
            .containsAll(
                log.writes().stream()
                    .filter(write -> write.outcome() == Outcome.ACKNOWLEDGED)
                    .filter(write -> write.sentAt() - killedAt > 0)
                    .map(Write::number)
                    .toList());
      }
    }
  }

  private static List<Integer> numbers(Object reply) {
    return ((List<?>) reply).stream().map(each -> Integer.valueOf((String) each)).toList();
  }

  private static void report(String name, NumberedWrites clients, long promotion, long resumed) {
    LOG.infof(
        "%s: promoted after %d ms, writes resumed %d ms later; %d acknowledged, %d refused, %d open",
        name,
        TimeUnit.NANOSECONDS.toMillis(promotion),
        TimeUnit.NANOSECONDS.toMillis(resumed),
        count(clients, Outcome.ACKNOWLEDGED),
        count(clients, Outcome.REFUSED),
        count(clients, Outcome.OPEN));
  }

  private static int count(NumberedWrites clients, Outcome outcome) {
    return clients.logs().stream().mapToInt(log -> log.numbers(outcome).size()).sum();
  }

  private static NodeAddress address(RedisNode node) {
    return new NodeAddress(node.host(), node.port());
  }
}
