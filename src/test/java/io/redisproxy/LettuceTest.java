package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.redisproxy.fixture.RedisGroup;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What applications do with Lettuce: many threads, one connection. */
class LettuceTest {
  private static final int THREADS = 8;
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  private RedisClient client;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group, Map.of(), TestProxy::eventual);
  }

  @BeforeEach
  void create() {
    group.flushAll();
    group.resetStats();
    client = RedisClient.create(RedisURI.create("127.0.0.1", proxy.port()));
  }

  @AfterEach
  void shutdown() {
    client.shutdown(0, 10, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @EnumSource
  void everyTypeCanBeWrittenAndRead(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    redis.set("string", "value");
    redis.hset("hash", Map.of("field", "value"));
    redis.rpush("list", "a", "b");
    redis.sadd("set", "a", "b");
    redis.zadd("zset", 1.5, "a");
    String id = redis.xadd("stream", Map.of("field", "value"));
    group.awaitInSync();

    assertThat(redis.get("string")).isEqualTo("value");
    assertThat(redis.mget("string", "missing"))
        .containsExactly(KeyValue.just("string", "value"), KeyValue.empty("missing"));
    assertThat(redis.hgetall("hash")).containsExactly(entry("field", "value"));
    assertThat(redis.lrange("list", 0, -1)).containsExactly("a", "b");
    assertThat(redis.smembers("set")).containsExactlyInAnyOrder("a", "b");
    assertThat(redis.zrangeWithScores("zset", 0, -1)).containsExactly(ScoredValue.just(1.5, "a"));
    assertThat(redis.xrange("stream", Range.unbounded()))
        .singleElement()
        .satisfies(message -> assertThat(message.getId()).isEqualTo(id));
    assertThatThrownBy(() -> redis.incr("hash"))
        .isInstanceOf(RedisCommandExecutionException.class)
        .hasMessageStartingWith("WRONGTYPE");
    if (protocol == ProtocolVersion.RESP2) {
      for (String command : List.of("get", "mget", "hgetall", "lrange", "smembers", "zrange")) {
        assertThat(group.commandCount(group.replica(0), command)).as(command).isEqualTo(1);
        assertThat(group.commandCount(group.master(), command)).as(command).isZero();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void manyThreadsSendOverOneConnection(ProtocolVersion protocol) throws Exception {
    RedisAsyncCommands<String, String> redis = connect(protocol).async();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        tasks.add(() -> oneThread(redis, number));
      }
      for (Future<Void> task : threads.invokeAll(tasks)) {
        task.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Void oneThread(RedisAsyncCommands<String, String> redis, int number)
      throws Exception {
    List<RedisFuture<?>> futures = new ArrayList<>();
    List<Object> expected = new ArrayList<>();
    String[] none = {};
    for (int i = 1; i <= 400; i++) {
      String tag = number + "/" + i;
      futures.add(redis.incr("counter" + number));
      expected.add((long) i);
      futures.add(redis.echo(tag));
      expected.add(tag);
      futures.add(redis.evalReadOnly("return ARGV[1]", ScriptOutputType.VALUE, none, tag));
      expected.add(tag);
    }
    for (int i = 0; i < futures.size(); i++) {
      assertThat((Object) futures.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(expected.get(i));
    }
    return null;
  }

  @Test
  void commandsFlushedTogetherSeeEachOther() throws Exception {
    StatefulRedisConnection<String, String> connection = connect(ProtocolVersion.RESP2);
    connection.setAutoFlushCommands(false);
    RedisAsyncCommands<String, String> redis = connection.async();
    List<RedisFuture<String>> gets = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      redis.set("key" + i, "value" + i);
      gets.add(redis.get("key" + i));
    }
    connection.flushCommands();
    for (int i = 0; i < gets.size(); i++) {
      assertThat(gets.get(i).get(10, TimeUnit.SECONDS)).isEqualTo("value" + i);
    }
  }

  @ParameterizedTest
  @EnumSource
  void transactionsRunAndFailAsTheyShould(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    RedisCommands<String, String> other = connect(protocol).sync();
    redis.multi();
    redis.incr("counter");
    redis.get("counter");
    TransactionResult results = redis.exec();
    assertThat((Long) results.get(0)).isEqualTo(1);
    assertThat((String) results.get(1)).isEqualTo("1");

    redis.watch("counter");
    other.incr("counter");
    redis.multi();
    redis.incr("counter");
    assertThat(redis.exec().wasDiscarded()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aSubscriberHearsWhatOthersPublish(ProtocolVersion protocol) throws Exception {
    RedisCommands<String, String> redis = connect(protocol).sync();
    StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub();
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    subscriber.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(String channel, String message) {
            heard.add(channel + ":" + message);
          }
        });
    subscriber.sync().subscribe("news");
    assertThat(redis.publish("news", "hello")).isEqualTo(1);
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("news:hello");
    subscriber.sync().unsubscribe("news");
    await().until(() -> redis.publish("news", "nobody") == 0);
  }

  @ParameterizedTest
  @EnumSource
  void aBlockingPopGetsWhatAnotherConnectionPushes(ProtocolVersion protocol) throws Exception {
    RedisFuture<KeyValue<String, String>> popped = connect(protocol).async().blpop(10, "queue");
    connect(protocol).sync().rpush("queue", "item");
    assertThat(popped.get(10, TimeUnit.SECONDS)).isEqualTo(KeyValue.just("queue", "item"));
  }

  @ParameterizedTest
  @EnumSource
  void aScanFindsEveryKey(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    Set<String> written = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      redis.set("key" + i, "");
      written.add("key" + i);
    }
    Set<String> found = new HashSet<>();
    KeyScanCursor<String> page = redis.scan(ScanArgs.Builder.limit(50));
    found.addAll(page.getKeys());
    while (!page.isFinished()) {
      page = redis.scan(page, ScanArgs.Builder.limit(50));
      found.addAll(page.getKeys());
    }
    assertThat(found).isEqualTo(written);
  }

  @Test
  void itReconnectsAfterItsConnectionIsCut() {
    RedisCommands<String, String> redis = connect(ProtocolVersion.RESP3).sync();
    redis.set("a", "1");
    // Ends the connections of RESP3 sessions, which are at the master, and with them the clients'.
    group.call(group.master(), "CLIENT", "KILL", "TYPE", "normal");
    await().untilAsserted(() -> assertThat(redis.get("a")).isEqualTo("1"));
  }

  private StatefulRedisConnection<String, String> connect(ProtocolVersion protocol) {
    client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
    return client.connect();
  }
}
