package io.redisproxy.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.config.Hedge;
import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.LeakWatch;
import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads that a replica is slow to answer are sent to another one, too. */
class HedgeTest {
  private static final Duration LATE = Duration.ofMillis(500);

  /** It takes so many reads to know how long they take. */
  private static final int ENOUGH = 600;

  @AutoClose private static RedisGroup group;

  /** Those by which the proxy reaches the replicas. */
  @AutoClose private final Opened<Relay> relays = new Opened<>();

  @BeforeAll
  static void startServers() throws IOException {
    group = RedisGroup.start(2);
    try (TestProxy proxy = TestProxy.start(group)) {
      LoadClients.fill(proxy);
    }
    group.awaitInSync();
  }

  @BeforeEach
  void start() {
    group.replicas().forEach(replica -> relays.add(Relay.to(replica.port())));
  }

  /** {@code hedge}: null for none. */
  private TestProxy proxy(int loops, Duration readTimeout, Hedge hedge) {
    return TestProxy.start(
        Map.of("probe.timeout", "1m", "event-loops", "" + loops),
        TestProxy.resilient(
            new Resilience(
                readTimeout,
                3,
                MasterFallback.ALWAYS,
                Duration.ofSeconds(2),
                Optional.ofNullable(hedge))),
        group.master().port(),
        relays.get(0).port(),
        relays.get(1).port());
  }

  private TestProxy hedging(int maxPercent) {
    return proxy(1, Duration.ofMinutes(1), hedge(0.99, maxPercent));
  }

  private static Hedge hedge(double quantile, int maxPercent) {
    return new Hedge(quantile, Duration.ofMillis(1), maxPercent);
  }

  @Test
  void oneSlowReplicaIsNotFeltInTheTail() throws IOException {
    try (TestProxy proxy = proxy(1, Duration.ofMinutes(1), null);
        RawClient client = proxy.connect()) {
      relays.get(0).delayReplies(LATE);
      long[] times = read(client, 4);
      assertThat(times[3]).isGreaterThanOrEqualTo(LATE.toNanos());
      assertThat(sent(proxy)).isZero();
      relays.get(0).delayReplies(Duration.ZERO);
    }
    try (LeakWatch leaks = new LeakWatch();
        TestProxy proxy = hedging(100);
        RawClient client = proxy.connect()) {
      read(client, ENOUGH);
      relays.get(0).delayReplies(LATE);
      long[] times = read(client, 200);
      assertThat(times[197]).isLessThan(LATE.toNanos() / 2);
      assertThat(won(proxy)).isBetween(90.0, sent(proxy));
      // The late replies come now, and go to nobody.
      relays.get(0).delayReplies(Duration.ZERO);
      read(client, ENOUGH);
      assertThat(proxy.counted("redis_proxy.retries")).isZero();
      assertThat(proxy.counted("redis_proxy.requests", "role", "master")).isZero();
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void noMoreAreSentTwiceThanTheBudgetAllows() throws Exception {
    int clients = 20;
    int each = 20;
    try (TestProxy proxy = hedging(10)) {
      try (RawClient client = proxy.connect()) {
        read(client, ENOUGH);
      }
      relays.get(0).delayReplies(Duration.ofMillis(20));
      List<CompletableFuture<Void>> running = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        running.add(
            CompletableFuture.runAsync(
                () -> readAlone(proxy, each), task -> new Thread(task).start()));
      }
      CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
      assertThat(sent(proxy)).isBetween(10.0, (ENOUGH + clients * each) / 10.0);
    }
  }

  @Test
  void repliesStayInOrderWhateverTheDelays() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    try (LeakWatch leaks = new LeakWatch();
        TestProxy proxy = proxy(2, Duration.ofSeconds(1), hedge(0.5, 100))) {
      CompletableFuture<Void> delays =
          CompletableFuture.runAsync(() -> delayAtRandom(end), task -> new Thread(task).start());
      LoadClients load = new LoadClients("hedged", 30, proxy);
      try (load) {
        await().until(() -> won(proxy) > 100 && sent(proxy) > won(proxy) + 10);
      } finally {
        end.countDown();
        delays.get(10, TimeUnit.SECONDS);
      }
      assertThat(load.tally().wrong).isEmpty();
      assertThat(load.tally().disconnected).isEmpty();
      assertThat(load.tally().failedReads).isEmpty();
      assertThat(load.tally().failedBehindWrites).isEmpty();
      WrittenLists.check(load, group, proxy, group.master(), load.begunAt());
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void aReplicaThatLacksTheLastWriteIsNotAsked() throws IOException {
    try (Relay replication = Relay.to(group.master().port());
        TestProxy proxy = hedging(100);
        RawClient client = proxy.connect()) {
      group.follow(group.replica(1), replication.port());
      group.awaitInSync();
      await().until(proxy::allHealthy);
      read(client, ENOUGH);
      replication.stall();
      assertThat(client.call("SET", "written", "1")).isEqualTo("OK");
      await().until(() -> readsAtReplica(proxy, client, "written"));
      double before = sent(proxy);
      relays.get(0).stall();
      client.sendCommand("GET", "written");
      await().during(Duration.ofMillis(200)).until(() -> sent(proxy) == before);
      relays.get(0).resume();
      assertThat(client.readText()).isEqualTo("1");
      replication.resume();
      group.follow(group.replica(1), group.master().port());
      group.awaitInSync();
    }
  }

  @Test
  void aReadIsAnsweredWhenOneReplicaIsLostAndTheOtherIsSilent() throws IOException {
    try (TestProxy proxy = proxy(1, Duration.ofMillis(300), hedge(0.99, 100));
        RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      read(client, ENOUGH);
      relays.forEach(Relay::stall);
      double before = sent(proxy);
      // They take turns: one of them is hedged at the replica that is lost, the other is not.
      client.sendCommand("GET", LoadClients.key(7));
      other.sendCommand("GET", LoadClients.key(8));
      await().until(() -> sent(proxy) == before + 2);
      relays.get(1).cut();
      assertThat(client.readText()).isEqualTo(LoadClients.value(7));
      assertThat(other.readText()).isEqualTo(LoadClients.value(8));
      relays.forEach(Relay::resume);
    }
  }

  @Test
  void anExplanationTellsOfIt() throws IOException {
    try (TestProxy proxy = hedging(5);
        RawClient client = proxy.connect()) {
      read(client, ENOUGH);
      assertThat(client.call("PROXY", "EXPLAIN", "GET", "a").toString())
          .containsPattern(
              "in turn; if it takes longer than [0-9.]+ ms, another one is asked, too");
      assertThat(client.call("PROXY", "EXPLAIN", "SET", "a", "1").toString())
          .doesNotContain("another one");
    }
  }

  /** Reads one by one, and returns how long each took, the longest last. */
  private static long[] read(RawClient client, int count) throws IOException {
    long[] times = new long[count];
    for (int i = 0; i < count; i++) {
      int key = i % LoadClients.KEYS;
      long begun = System.nanoTime();
      assertThat(client.call("GET", LoadClients.key(key))).isEqualTo(LoadClients.value(key));
      times[i] = System.nanoTime() - begun;
    }
    Arrays.sort(times);
    return times;
  }

  private static void readAlone(TestProxy proxy, int count) {
    try (RawClient client = proxy.connect()) {
      read(client, count);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void delayAtRandom(CountDownLatch end) {
    Random random = new Random();
    try {
      while (!end.await(random.nextInt(10), TimeUnit.MILLISECONDS)) {
        // Mostly none, so that it is known what is usual.
        int millis = random.nextInt(4) == 0 ? random.nextInt(20) : 0;
        relays.get(random.nextInt(2)).delayReplies(Duration.ofMillis(millis));
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean readsAtReplica(TestProxy proxy, RawClient client, String key)
      throws IOException {
    double before = proxy.counted("redis_proxy.requests", "role", "replica");
    client.call("GET", key);
    return proxy.counted("redis_proxy.requests", "role", "replica") > before;
  }

  private static double sent(TestProxy proxy) {
    return proxy.counted("redis_proxy.hedges", "result", "sent");
  }

  private static double won(TestProxy proxy) {
    return proxy.counted("redis_proxy.hedges", "result", "won");
  }
}
