package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisAPI;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The Redis client of Vert.x, which Quarkus uses too. */
class VertxClientTest extends ClientTest {
  private static Vertx vertx;
  private final List<Redis> clients = new ArrayList<>();

  @BeforeAll
  static void startVertx() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stopVertx() {
    get(vertx.close());
  }

  @AfterEach
  void closeClients() {
    clients.forEach(Redis::close);
  }

  @ParameterizedTest
  @EnumSource
  void pooledCommandsAreAnsweredEachToItsOwn(ProtocolVersion protocol) {
    RedisAPI redis = RedisAPI.api(connect(protocol));
    List<Future<Response>> answers = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      answers.add(redis.echo("echo" + i));
      answers.add(redis.incr("counter"));
    }
    Set<Long> counted = new TreeSet<>();
    for (int i = 0; i < 500; i++) {
      assertThat(get(answers.get(2 * i)).toString()).isEqualTo("echo" + i);
      counted.add(get(answers.get(2 * i + 1)).toLong());
    }
    assertThat(counted).hasSize(500);
  }

  @ParameterizedTest
  @EnumSource
  void everyTypeCanBeWrittenAndRead(ProtocolVersion protocol) {
    RedisAPI redis = RedisAPI.api(connect(protocol));
    get(redis.hset(List.of("hash", "field", "value")));
    get(redis.zadd(List.of("zset", "1.5", "member")));
    get(redis.sadd(List.of("set", "a", "b")));
    group.awaitInSync();
    assertThat(get(redis.hgetall("hash")).get("field").toString()).isEqualTo("value");
    assertThat(get(redis.zscore("zset", "member")).toDouble()).isEqualTo(1.5);
    assertThat(get(redis.smembers("set"))).hasSize(2);
    assertThat(get(redis.get("missing"))).isNull();
    assertThatThrownBy(() -> get(redis.incr("hash"))).hasMessageContaining("WRONGTYPE");
  }

  @ParameterizedTest
  @EnumSource
  void aBatchAnswersInOrder(ProtocolVersion protocol) {
    List<Request> batch = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      batch.add(Request.cmd(Command.SET).arg("key" + i).arg("value" + i));
      batch.add(Request.cmd(Command.GET).arg("key" + i));
    }
    List<Response> answers = get(connect(protocol).batch(batch));
    for (int i = 0; i < 500; i++) {
      assertThat(answers.get(2 * i).toString()).isEqualTo("OK");
      assertThat(answers.get(2 * i + 1).toString()).isEqualTo("value" + i);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTransactionRunsUnlessAWatchedKeyWasChanged(ProtocolVersion protocol) {
    Redis redis = connect(protocol);
    RedisConnection connection = get(redis.connect());
    RedisAPI own = RedisAPI.api(connection);
    get(own.multi());
    assertThat(get(own.incr("counter")).toString()).isEqualTo("QUEUED");
    get(own.incr("counter"));
    assertThat(get(own.exec())).extracting(Response::toLong).containsExactly(1L, 2L);

    get(own.watch(List.of("counter")));
    get(RedisAPI.api(redis).incr("counter"));
    get(own.multi());
    get(own.incr("counter"));
    assertThat(get(own.exec())).isNull();

    get(own.multi());
    get(own.incr("counter"));
    assertThat(get(own.discard()).toString()).isEqualTo("OK");
    assertThat(get(own.incr("counter")).toLong()).isEqualTo(4);
    get(connection.close());
    assertThat(get(RedisAPI.api(redis).incr("counter")).toLong()).isEqualTo(5);
  }

  @ParameterizedTest
  @EnumSource
  void aBatchMayBeATransaction(ProtocolVersion protocol) {
    List<Response> answers =
        get(
            connect(protocol)
                .batch(
                    List.of(
                        Request.cmd(Command.MULTI),
                        Request.cmd(Command.SET).arg("a").arg("1"),
                        Request.cmd(Command.INCR).arg("a"),
                        Request.cmd(Command.EXEC))));
    assertThat(answers.get(3).get(1).toLong()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void aSubscriberHearsChannelsAndPatterns(ProtocolVersion protocol) throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    RedisConnection subscriber = get(connect(protocol).connect());
    subscriber.handler(
        message -> {
          String kind = message.get(0).toString();
          if (message.type() == expectedType(protocol) && kind.endsWith("message")) {
            heard.add(kind + ":" + message.get(message.size() - 1));
          }
        });
    get(subscriber.send(Request.cmd(Command.SUBSCRIBE).arg("news")));
    get(subscriber.send(Request.cmd(Command.PSUBSCRIBE).arg("wea*")));
    RedisAPI redis = RedisAPI.api(connect(protocol));
    // The library answers when it has sent these.
    await().until(() -> get(redis.pubsub(List.of("NUMSUB", "news"))).get(1).toInteger() == 1);
    await().until(() -> get(redis.pubsub(List.of("NUMPAT"))).toInteger() == 1);
    for (int i = 0; i < 50; i++) {
      assertThat(get(redis.publish("news", "n" + i)).toInteger()).isEqualTo(1);
      assertThat(get(redis.publish("weather", "w" + i)).toInteger()).isEqualTo(1);
      assertThat(heard.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo("message:n" + i);
      assertThat(heard.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo("pmessage:w" + i);
    }
    get(subscriber.send(Request.cmd(Command.UNSUBSCRIBE).arg("news")));
    // In RESP2 the library may take an earlier confirmation for the answer.
    await().until(() -> get(redis.publish("news", "nobody")).toInteger() == 0);
  }

  private static ResponseType expectedType(ProtocolVersion protocol) {
    return protocol == ProtocolVersion.RESP3 ? ResponseType.PUSH : ResponseType.MULTI;
  }

  @ParameterizedTest
  @EnumSource
  void aBlockingPopGetsWhatIsPushed(ProtocolVersion protocol) {
    Future<Response> popped = RedisAPI.api(connect(protocol)).blpop(List.of("queue", "" + SECONDS));
    awaitBlocked(1);
    get(RedisAPI.api(connect(protocol)).rpush(List.of("queue", "item")));
    assertThat(get(popped).get(1).toString()).isEqualTo("item");
  }

  @ParameterizedTest
  @EnumSource
  void aScanFindsEveryKey(ProtocolVersion protocol) {
    Redis redis = connect(protocol);
    get(
        redis.batch(
            names("key").stream().map(key -> Request.cmd(Command.SET).arg(key).arg("x")).toList()));
    group.awaitInSync();
    Set<String> found = new TreeSet<>();
    String cursor = "0";
    do {
      Response page = get(RedisAPI.api(redis).scan(List.of(cursor, "COUNT", "50")));
      cursor = page.get(0).toString();
      page.get(1).forEach(key -> found.add(key.toString()));
    } while (!cursor.equals("0"));
    assertThat(found).isEqualTo(names("key"));
  }

  @ParameterizedTest
  @EnumSource
  void aScriptIsSentByHashAndThenByText(ProtocolVersion protocol) {
    RedisAPI redis = RedisAPI.api(connect(protocol));
    get(redis.script(List.of("FLUSH")));
    get(redis.set(List.of("a", "1")));
    String hash =
        get(redis.eval(List.of("return redis.sha1hex(ARGV[1])", "0", COMPARE_AND_SET))).toString();
    assertThatThrownBy(() -> get(redis.evalsha(List.of(hash, "1", "a", "1", "2"))))
        .hasMessageContaining("NOSCRIPT");
    assertThat(get(redis.eval(List.of(COMPARE_AND_SET, "1", "a", "1", "2"))).toLong()).isEqualTo(1);
    assertThat(get(redis.evalsha(List.of(hash, "1", "a", "2", "3"))).toLong()).isEqualTo(1);
  }

  private Redis connect(ProtocolVersion protocol) {
    Redis redis =
        Redis.createClient(
            vertx,
            new RedisOptions()
                .setConnectionString("redis://" + HOST + ":" + proxy.port())
                .setPreferredProtocolVersion(protocol)
                .setMaxPoolSize(6)
                .setMaxPoolWaiting(2000));
    clients.add(redis);
    return redis;
  }

  private static <T> T get(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(SECONDS, TimeUnit.SECONDS)
          .join();
    } catch (CompletionException e) {
      throw new AssertionError(e.getCause().getMessage(), e.getCause());
    }
  }
}
