package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many clients count keys up in every way, and read them over other connections; what is read must
 * never be less than what any client was told before. The replicas are behind by some time. It
 * takes {@code -Dchecker.seconds} for each delay.
 */
class ReadYourWritesTest {
  private static final Logger LOG = Logger.getLogger(ReadYourWritesTest.class);
  private static final int SECONDS = Integer.getInteger("checker.seconds", 3);
  private static final int CLIENTS = 12;
  private static final int KEYS = 40;
  private static final String PADDING = "x".repeat(100_000);

  /** How a key is counted up, and how it is read. */
  private enum Way {
    PLAIN,
    PIPELINE,
    TRANSACTION,
    SCRIPT,
    SCRIPT_WITHOUT_KEYS,
    SCRIPT_OF_OTHERS,
    READ_BY_SCRIPT,
    HASH,
    LIST,
    POP,
    DATABASE,
    LARGE
  }

  @AutoClose private RedisGroup group;
  @AutoClose private Relay replication;
  private final LongAdder reads = new LongAdder();
  private final LongAdder stale = new LongAdder();

  @BeforeEach
  void start() {
    group = RedisGroup.start(2, "--repl-ping-replica-period", "3600");
    replication = Relay.to(group.master().port());
    group.follow(group.replica(0), replication.port());
    group.follow(group.replica(1), replication.port());
    group.awaitInSync();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 100})
  void noReadMissesAnAnsweredWrite(int delayMillis) throws Exception {
    replication.delayReplies(Duration.ofMillis(delayMillis));
    check(delayMillis + " ms", UnaryOperator.identity(), () -> null);
    assertThat(stale.sum()).isZero();
  }

  @Test
  void noReadMissesAnAnsweredWriteWhileAReplicaIsLostAndComesBack() throws Exception {
    replication.delayReplies(Duration.ofMillis(5));
    check(
        "a replica fails",
        UnaryOperator.identity(),
        () -> {
          group.replica(0).kill();
          replication.cut();
          group.replica(0).restart();
          return null;
        });
    assertThat(stale.sum()).isZero();
  }

  /** So that the check can fail. */
  @Test
  void eventualReadsDoMissWrites() throws Exception {
    replication.delayReplies(Duration.ofMillis(5));
    check("eventual", TestProxy::eventual, () -> null);
    assertThat(stale.sum()).isPositive();
  }

  private void check(
      String phase,
      UnaryOperator<io.redisproxy.config.ListenerConfig> refined,
      Callable<Void> meanwhile)
      throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    try (TestProxy proxy = TestProxy.start(group, Map.of(), refined)) {
      AtomicLongArray[] told = new AtomicLongArray[Way.values().length];
      for (int i = 0; i < told.length; i++) {
        told[i] = new AtomicLongArray(KEYS);
      }
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        Random random = new Random(i);
        running.add(threads.submit(() -> client(proxy, random, told, end)));
      }
      meanwhile.call();
      for (Future<Void> each : running) {
        each.get();
      }
      LOG.infof(
          "%s: %d reads, %d stale; %.0f at replicas, %.0f at the master for a recent write",
          phase,
          reads.sum(),
          stale.sum(),
          proxy.counted("redis_proxy.reads", "reason", "replica"),
          proxy.counted("redis_proxy.reads", "reason", "recent_write"));
    } finally {
      threads.shutdownNow();
    }
  }

  private Void client(TestProxy proxy, Random random, AtomicLongArray[] told, long end)
      throws IOException {
    try (RawClient writer = proxy.connect();
        RawClient reader = proxy.connect();
        RawClient writer3 = proxy.connect();
        RawClient reader3 = proxy.connect()) {
      writer3.call("SELECT", "3");
      reader3.call("SELECT", "3");
      while (System.nanoTime() < end) {
        Way way = Way.values()[random.nextInt(told.length)];
        AtomicLongArray known = told[way.ordinal()];
        int key = random.nextInt(KEYS);
        boolean other = way == Way.DATABASE;
        RawClient writing = other ? writer3 : writer;
        RawClient reading = random.nextBoolean() ? writing : other ? reader3 : reader;
        if (random.nextInt(3) == 0) {
          Object count = write(way, writing, way + ":" + key, key, known);
          if (count instanceof Long number) {
            known.accumulateAndGet(key, number, Math::max);
          }
        }
        long floor = known.get(key);
        Object found = read(way, reading, way + ":" + key);
        if (!(found instanceof RedisError)) {
          reads.increment();
          if (number(found) < floor) {
            stale.increment();
          }
        }
      }
    }
    return null;
  }

  /** The new count that the reply tells, or what else it is. */
  private Object write(Way way, RawClient client, String key, int index, AtomicLongArray known)
      throws IOException {
    return switch (way) {
      case PLAIN, DATABASE -> client.call("INCR", key);
      case PIPELINE -> {
        client.send("INCR " + key + "\r\nGET " + key + "\r\n");
        Object count = client.readText();
        Object found = client.readText();
        if (count instanceof Long written && !(found instanceof RedisError)) {
          reads.increment();
          if (number(found) < written) {
            stale.increment();
          }
        }
        yield count;
      }
      case TRANSACTION -> {
        client.send("MULTI\r\nINCR " + key + "\r\nEXEC\r\n");
        client.readText();
        client.readText();
        yield client.readText() instanceof List<?> results ? results.get(0) : null;
      }
      case SCRIPT, READ_BY_SCRIPT ->
          client.call("EVAL", "return redis.call('INCR', KEYS[1])", "1", key);
      case SCRIPT_WITHOUT_KEYS ->
          client.call("EVAL", "return redis.call('INCR', '" + key + "')", "0");
      case SCRIPT_OF_OTHERS ->
          client.call(
              "EVAL",
              "local call = redis.call return call('INCR', KEYS[1] .. ARGV[1])",
              "1",
              key.substring(0, 1),
              key.substring(1));
      case HASH -> client.call("HINCRBY", key, "field", "1");
      case LIST -> client.call("RPUSH", key, "x");
      case POP -> {
        // What is popped shortens a list that only this client has; its key counts what it popped.
        String own = key + ":" + Thread.currentThread().getId();
        client.call("RPUSH", own, "x");
        client.call("BLPOP", own, "1");
        Object left = client.call("LLEN", own);
        reads.increment();
        if (left instanceof Long length && length != 0) {
          stale.increment();
        }
        yield client.call("INCR", key);
      }
      case LARGE -> {
        synchronized (known) {
          long next = known.get(index) + 1;
          yield "OK".equals(client.call("SET", key, next + " " + PADDING)) ? next : null;
        }
      }
    };
  }

  private static Object read(Way way, RawClient client, String key) throws IOException {
    return switch (way) {
      case HASH -> client.call("HGET", key, "field");
      case LIST -> client.call("LLEN", key);
      case LARGE -> client.call("GETRANGE", key, "0", "9");
      case READ_BY_SCRIPT -> client.call("EVAL_RO", "return redis.call('GET', KEYS[1])", "1", key);
      default -> client.call("GET", key);
    };
  }

  private static long number(Object found) {
    if (found instanceof Long count) {
      return count;
    }
    String text = found == null ? "" : found.toString().split(" ")[0];
    return text.isEmpty() ? 0 : Long.parseLong(text);
  }
}
