package io.redisproxy.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.TestProxy;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import io.redisproxy.metrics.ReadReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * How many reads the replicas serve, with 100,000 keys, 50 clients and replicas 5 ms behind. It
 * takes {@code -Dshare.seconds} each.
 */
class ReplicaShareTest {
  private static final Logger LOG = Logger.getLogger(ReplicaShareTest.class);
  private static final Duration TIME = Duration.ofSeconds(Integer.getInteger("share.seconds", 2));
  private static final int CLIENTS = 50;
  private static final int KEYS = 100_000;

  @AutoClose private RedisGroup group;
  @AutoClose private Relay replication;

  /** Chooses a key. */
  private interface Choice {
    int next(SplittableRandom random);
  }

  @BeforeEach
  void start() {
    group = RedisGroup.start(2, "--repl-ping-replica-period", "3600");
    replication = Relay.to(group.master().port());
    group.replicas().forEach(replica -> group.follow(replica, replication.port()));
    group.awaitInSync();
    replication.delayReplies(Duration.ofMillis(5));
  }

  @Test
  void nearlyAllOfManyReadsAndFewWritesOfEvenlyChosenKeys() throws Exception {
    assertThat(share("uniform, 5% writes", random -> random.nextInt(KEYS), 0.05))
        .isGreaterThan(0.95);
  }

  @Test
  void mostOfManyReadsAndFewWritesOfAFewHotKeys() throws Exception {
    assertThat(share("Zipfian, 5% writes", zipfian(0.99), 0.05)).isPositive();
  }

  @Test
  void mostOfAsManyReadsAsWrites() throws Exception {
    assertThat(share("uniform, 50% writes", random -> random.nextInt(KEYS), 0.5)).isPositive();
    assertThat(share("Zipfian, 50% writes", zipfian(0.99), 0.5)).isPositive();
  }

  @Test
  void theOthersOfAPipelineWhereOneReadFollowsAWrite() throws Exception {
    replication.stall();
    try (TestProxy proxy =
            TestProxy.start(
                Map.of(), group.master().port(), group.replica(0).port(), group.replica(1).port());
        RawClient client = proxy.connect()) {
      assertThat(client.call("GET", "other")).isNull();
      double before = proxy.counted("redis_proxy.reads", "reason", "replica");
      assertThat(client.call("SET", "written", "1")).isEqualTo("OK");
      client.send(
          RawClient.requests("GET written", "GET other", "GET third", "GET written", "GET other"));
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readText()).isNull();
      assertThat(client.readText()).isNull();
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readText()).isNull();
      assertThat(proxy.counted("redis_proxy.reads", "reason", "replica")).isEqualTo(before + 3);
    } finally {
      replication.resume();
    }
  }

  private double share(String what, Choice keys, double writes) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try (TestProxy proxy =
        TestProxy.start(
            Map.of(), group.master().port(), group.replica(0).port(), group.replica(1).port())) {
      long end = System.nanoTime() + TIME.toNanos();
      List<Future<Long>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        SplittableRandom random = new SplittableRandom(i);
        clients.add(threads.submit(client(proxy, keys, writes, random, end)));
      }
      long requests = 0;
      for (Future<Long> client : clients) {
        requests += client.get();
      }
      LOG.infof("%s: %d requests/s, %s", what, requests / TIME.toSeconds(), Shares.of(proxy));
      return Shares.share(proxy, ReadReason.REPLICA);
    } finally {
      threads.shutdownNow();
    }
  }

  private static Callable<Long> client(
      TestProxy proxy, Choice keys, double writes, SplittableRandom random, long end) {
    return () -> {
      long requests = 0;
      try (RawClient client = proxy.connect()) {
        for (; System.nanoTime() < end; requests++) {
          String key = "key:" + keys.next(random);
          Object reply =
              random.nextDouble() < writes
                  ? client.call("SET", key, "value")
                  : client.call("GET", key);
          assertThat(reply instanceof RedisError).isFalse();
        }
      }
      return requests;
    };
  }

  /** The key of rank n is chosen in proportion to 1/n^skew. */
  private static Choice zipfian(double skew) {
    double[] upTo = new double[KEYS];
    double sum = 0;
    for (int i = 0; i < KEYS; i++) {
      sum += 1 / Math.pow(i + 1, skew);
      upTo[i] = sum;
    }
    double all = sum;
    return random -> {
      int found = java.util.Arrays.binarySearch(upTo, random.nextDouble() * all);
      return Math.min(KEYS - 1, found < 0 ? -found - 1 : found);
    };
  }
}
