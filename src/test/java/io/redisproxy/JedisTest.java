package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RedisGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.XReadParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.resps.Tuple;

/** What applications do with Jedis, a client with a pool of connections. */
class JedisTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private RedisClient jedis;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group, Map.of(), TestProxy::eventual);
  }

  @BeforeEach
  void connect() {
    group.flushAll();
    group.resetStats();
    jedis = client(RedisProtocol.RESP2);
  }

  @Test
  void readsOfEveryTypeReachTheReplica() {
    jedis.set("string", "value");
    jedis.hset("hash", Map.of("field", "value"));
    jedis.rpush("list", "a", "b", "c");
    jedis.sadd("set", "a", "b");
    jedis.zadd("zset", Map.of("a", 1.0, "b", 2.0));
    StreamEntryID id = jedis.xadd("stream", StreamEntryID.NEW_ENTRY, Map.of("field", "value"));
    group.awaitInSync();

    assertThat(jedis.get("string")).isEqualTo("value");
    assertThat(jedis.mget("string", "missing")).containsExactly("value", null);
    assertThat(jedis.hgetAll("hash")).containsExactly(entry("field", "value"));
    assertThat(jedis.lrange("list", 0, -1)).containsExactly("a", "b", "c");
    assertThat(jedis.smembers("set")).containsExactlyInAnyOrder("a", "b");
    assertThat(jedis.zrangeWithScores("zset", 0, -1))
        .containsExactly(new Tuple("a", 1.0), new Tuple("b", 2.0));
    assertThat(jedis.xrange("stream", "-", "+"))
        .singleElement()
        .satisfies(entry -> assertThat(entry.getID()).isEqualTo(id));
    assertThat(jedis.xread(new XReadParams().count(1), Map.of("stream", new StreamEntryID())))
        .hasSize(1);
    for (String command :
        List.of("get", "mget", "hgetall", "lrange", "smembers", "zrange", "xrange", "xread")) {
      assertThat(group.commandCount(group.replica(0), command)).as(command).isEqualTo(1);
      assertThat(group.commandCount(group.master(), command)).as(command).isZero();
    }
  }

  @Test
  void aPipelineSeesItsOwnWrites() {
    try (AbstractPipeline pipeline = jedis.pipelined()) {
      List<Response<?>> responses = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        responses.add(pipeline.set("key" + i, "value" + i));
        responses.add(pipeline.get("key" + i));
      }
      pipeline.sync();
      for (int i = 0; i < 1000; i++) {
        assertThat(responses.get(2 * i).get()).isEqualTo("OK");
        assertThat(responses.get(2 * i + 1).get()).isEqualTo("value" + i);
      }
    }
  }

  @Test
  void transactionsRunAndFailAsTheyShould() {
    try (AbstractTransaction transaction = jedis.transaction(false)) {
      transaction.watch("counter");
      transaction.multi();
      Response<Long> first = transaction.incr("counter");
      Response<String> second = transaction.get("counter");
      transaction.exec();
      assertThat(first.get()).isEqualTo(1);
      assertThat(second.get()).isEqualTo("1");
    }
    try (AbstractTransaction transaction = jedis.transaction(false)) {
      transaction.watch("counter");
      jedis.incr("counter");
      transaction.multi();
      transaction.incr("counter");
      assertThat(transaction.exec()).isNull();
    }
    group.awaitInSync();
    assertThat(jedis.get("counter")).isEqualTo("2");
  }

  @Test
  void aSubscriberHearsWhatOthersPublish() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    JedisPubSub subscriber =
        new JedisPubSub() {
          @Override
          public void onMessage(String channel, String message) {
            heard.add(channel + ":" + message);
            if (message.equals("bye")) {
              unsubscribe();
            }
          }
        };
    Thread thread = new Thread(() -> jedis.subscribe(subscriber, "news"));
    thread.start();
    await().until(() -> jedis.publish("news", "hello") == 1);
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("news:hello");
    jedis.publish("news", "bye");
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("news:bye");
    thread.join(10_000);
    assertThat(thread.isAlive()).isFalse();
    // Its connection goes back to the pool and serves on.
    jedis.set("after", "1");
  }

  @Test
  void aBlockingPopWaitsWhileOthersWork() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<List<String>> popped = thread.submit(() -> jedis.blpop(10, "queue"));
      await()
          .until(
              () ->
                  group
                      .call(group.master(), "INFO", "clients")
                      .toString()
                      .contains("blocked_clients:1"));
      jedis.set("other", "1");
      jedis.rpush("queue", "item");
      assertThat(popped.get(10, TimeUnit.SECONDS)).containsExactly("queue", "item");
      assertThat(jedis.blpop(1, "queue")).isNull();
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void scriptsRunAndTheirReadOnlyKindReachesTheReplica() {
    assertThat(jedis.eval("return redis.call('SET', KEYS[1], ARGV[1])", List.of("a"), List.of("1")))
        .isEqualTo("OK");
    group.awaitInSync();
    assertThat(jedis.evalReadonly("return redis.call('GET', KEYS[1])", List.of("a"), List.of()))
        .isEqualTo("1");
    assertThat(group.commandCount(group.replica(0), "eval_ro")).isEqualTo(1);
    String sha = jedis.scriptLoad("return ARGV[1]");
    assertThat(jedis.evalsha(sha, List.of(), List.of("x"))).isEqualTo("x");
  }

  @Test
  void aScanOverPooledConnectionsFindsEveryKeyOnce() {
    Set<String> written = new TreeSet<>();
    for (int i = 0; i < 500; i++) {
      jedis.set("key" + i, "");
      written.add("key" + i);
    }
    group.awaitInSync();
    Set<String> found = new TreeSet<>();
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = jedis.scan(cursor, new ScanParams().count(50));
      found.addAll(page.getResult());
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    assertThat(found).isEqualTo(written);
  }

  @Test
  void manyThreadsShareAPool() throws Exception {
    work(jedis);
    group.awaitInSync();
    for (int thread = 0; thread < 16; thread++) {
      assertThat(jedis.get("counter" + thread)).isEqualTo("200");
    }
  }

  @Test
  void resp3WorksToo() throws Exception {
    try (RedisClient resp3 = client(RedisProtocol.RESP3)) {
      resp3.hset("hash", Map.of("field", "value"));
      resp3.zadd("zset", 1.5, "a");
      group.awaitInSync();
      assertThat(resp3.hgetAll("hash")).containsExactly(entry("field", "value"));
      assertThat(resp3.zscore("zset", "a")).isEqualTo(1.5);
      work(resp3);
    }
  }

  /** With whatever Jedis does when it is told nothing but the address. */
  @Test
  void itsDefaultsWork() {
    try (RedisClient plain = RedisClient.create("127.0.0.1", proxy.port())) {
      plain.set("a", "1");
      group.awaitInSync();
      assertThat(plain.get("a")).isEqualTo("1");
    }
  }

  private static void work(RedisClient client) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int thread = 0; thread < 16; thread++) {
        int number = thread;
        tasks.add(
            () -> {
              for (int i = 1; i <= 200; i++) {
                assertThat(client.incr("counter" + number)).isEqualTo(i);
                assertThat(client.echo(number + "/" + i)).isEqualTo(number + "/" + i);
              }
              return null;
            });
      }
      for (Future<Void> task : threads.invokeAll(tasks)) {
        task.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static RedisClient client(RedisProtocol protocol) {
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(16);
    return RedisClient.builder()
        .hostAndPort("127.0.0.1", proxy.port())
        .clientConfig(
            DefaultJedisClientConfig.builder().protocol(protocol).clientName("jedis-test").build())
        .poolConfig(pool)
        .build();
  }
}
