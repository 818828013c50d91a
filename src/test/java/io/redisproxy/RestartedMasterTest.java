package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A master dies, and a process without any data is there in its place before anybody has noticed,
 * while a replica is promoted: none of what was written may seem to be gone.
 */
class RestartedMasterTest {
  private static final Logger LOG = Logger.getLogger(RestartedMasterTest.class);
  private static final int ROUNDS = Integer.getInteger("restarts.rounds", 4);
  private static final long SEED = Long.getLong("restarts.seed", System.nanoTime());
  private static final int CLIENTS = 6;
  private static final int BEGIN = 1000;
  private static final String GET = "return redis.call('GET', KEYS[1])";

  /** Of a client with a request that is not answered. */
  private static final String WAITS =
      ".* (state=(holding|identifying|pinning|streaming)|pending=[1-9]).*";

  @AutoClose private RedisGroup group;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2);
  }

  @Test
  void nothingGoesToTheProcessInItsPlaceBeforeAProbeHasSeenThat() throws IOException {
    RedisNode old = group.master();
    try (Relay relay = Relay.to(old.port());
        RedisNode empty = RedisNode.start(List.of());
        TestProxy proxy = start(relay);
        RawClient writer = proxy.connect();
        RawClient reader = proxy.connect();
        RawClient transaction = proxy.connect();
        RawClient elsewhere = proxy.connect();
        RawClient large = proxy.connect()) {
      for (int i = 0; i < 3; i++) {
        writer.call("SET", "counter:" + i, "" + BEGIN);
      }
      // The relay has the connections for sure once something came over each.
      for (RawClient each : List.of(reader, transaction, elsewhere, large)) {
        assertThat(each.call("DEL", "none")).isEqualTo(0L);
      }
      group.awaitInSync();

      empty.pause();
      relay.leadTo(empty.port());
      relay.cut();
      old.kill();
      // On the event loop of each.
      for (RawClient each : List.of(writer, reader, transaction, elsewhere, large)) {
        await()
            .until(
                () ->
                    each.call("PROXY", "EXPLAIN", "INCR", "counter:0")
                        .toString()
                        .contains("can't be reached"));
      }
      writer.sendCommand("INCR", "counter:0");
      reader.sendCommand("EVAL", GET, "1", "counter:1");
      transaction.send(RawClient.requests("MULTI", "INCR counter:2", "EXEC"));
      elsewhere.send(RawClient.requests("SELECT 3", "INCR counter:3"));
      large.sendCommand("SET", "large", "x".repeat(100_000));
      awaitWaiting(proxy, 5);
      empty.resume();
      group.promote(group.replica(0));

      assertThat(writer.readText()).isEqualTo(BEGIN + 1L);
      assertThat(reader.readText()).isEqualTo("" + BEGIN);
      assertThat(transaction.readText()).isEqualTo("OK");
      assertThat(transaction.readText()).isEqualTo("QUEUED");
      assertThat(transaction.readText()).isEqualTo(List.of(BEGIN + 1L));
      assertThat(elsewhere.readText()).isEqualTo("OK");
      assertThat(elsewhere.readText()).isEqualTo(1L);
      assertThat(large.readText()).isEqualTo("OK");
      for (String command : List.of("incr", "eval", "multi", "set")) {
        assertThat(group.commandCount(empty, command)).as(command).isZero();
      }
    }
  }

  /** Its connections are lost, and nothing else happens. */
  @Test
  void theMasterItselfIsUsedAgainAtOnce() throws IOException {
    try (Relay relay = Relay.to(group.master().port());
        TestProxy proxy = start(relay);
        RawClient client = proxy.connect()) {
      // The relay has the connection for sure once something came over it.
      assertThat(client.call("INCR", "counter")).isEqualTo(1L);
      for (long i = 2; i <= 20; i++) {
        double before = losses(proxy);
        relay.cut();
        await().until(() -> losses(proxy) > before);
        assertThat(client.call("INCR", "counter")).isEqualTo(i);
      }
    }
  }

  /** {@code -Drestarts.rounds} of it; {@code -Drestarts.seed} repeats the pauses. */
  @Test
  void noReplyIsOfTheEmptyProcessHoweverFastItIsThere() throws Exception {
    LOG.infof("seed %d", SEED);
    Random random = new Random(SEED);
    try (TestProxy proxy = TestProxy.start(group, Map.of("probe.interval", "1s"))) {
      try (RawClient client = proxy.connect()) {
        for (int i = 0; i < CLIENTS; i++) {
          client.call("SET", "counter:" + i, "" + BEGIN);
        }
      }
      try (Load load = new Load(proxy)) {
        for (int i = 0; i < ROUNDS; i++) {
          load.awaitMore();
          group.awaitInSync();
          RedisNode old = group.master();
          RedisNode promoted = group.replica(0);
          int pause = random.nextInt(100);
          old.kill();
          CompletableFuture<Void> promotion =
              CompletableFuture.runAsync(
                  () -> group.promote(promoted),
                  CompletableFuture.delayedExecutor(pause, TimeUnit.MILLISECONDS));
          old.restart();
          promotion.join();
          load.awaitMore();
          group.follow(old, promoted.port());
          await().until(proxy::allHealthy);
          assertThat(load.wrong).isEmpty();
        }
      }
      LOG.infof("%.0f requests", proxy.counted("redis_proxy.requests"));
    }
  }

  private TestProxy start(Relay relay) {
    Resilience patient =
        new Resilience(Duration.ofSeconds(1), 3, MasterFallback.ALWAYS, Duration.ofSeconds(30));
    return TestProxy.start(
        Map.of("probe.interval", "1s"),
        TestProxy.resilient(patient),
        relay.port(),
        group.replica(0).port(),
        group.replica(1).port());
  }

  private static double losses(TestProxy proxy) {
    return proxy.counted("redis_proxy.node.connection.losses");
  }

  private static void awaitWaiting(TestProxy proxy, int clients) throws IOException {
    try (RawClient other = proxy.connect()) {
      await()
          .untilAsserted(
              () -> {
                String list = (String) other.call("PROXY", "CLIENTS");
                assertThat(list.lines().filter(line -> line.matches(WAITS)).count())
                    .as(list)
                    .isEqualTo(clients);
              });
    }
  }

  /** Clients that count, and read at the master; what fails is not looked at. */
  private static final class Load implements AutoCloseable {
    private final TestProxy proxy;
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final List<AtomicLong> done = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    Load(TestProxy proxy) {
      this.proxy = proxy;
      for (int i = 0; i < CLIENTS; i++) {
        AtomicLong mine = new AtomicLong();
        String key = "counter:" + i;
        done.add(mine);
        threads.add(new Thread(() -> run(key, mine), key));
      }
      threads.forEach(Thread::start);
    }

    private void run(String key, AtomicLong mine) {
      while (!stopped) {
        try (RawClient client = proxy.connect()) {
          while (!stopped) {
            see(key, client.call("INCR", key), mine);
            see(key, client.call("EVAL", GET, "1", key), mine);
            client.send(RawClient.requests("MULTI", "GET " + key, "EXEC"));
            client.readText();
            client.readText();
            if (client.readText() instanceof List<?> replies) {
              see(key, replies.get(0), mine);
            }
          }
        } catch (IOException disconnected) {
          // It had a connection to the master to itself.
        }
      }
    }

    private void see(String key, Object reply, AtomicLong mine) {
      if (reply instanceof RedisError) {
        return;
      }
      if (reply == null || Long.parseLong(reply.toString()) < BEGIN) {
        wrong.add(key + " is " + reply);
      } else {
        mine.incrementAndGet();
      }
    }

    /** Each client has got some more replies. */
    void awaitMore() {
      long[] before = done.stream().mapToLong(AtomicLong::get).toArray();
      await()
          .until(
              () -> {
                for (int i = 0; i < before.length; i++) {
                  if (done.get(i).get() < before[i] + 10) {
                    return false;
                  }
                }
                return true;
              });
    }

    @Override
    public void close() throws InterruptedException {
      stopped = true;
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }
}
