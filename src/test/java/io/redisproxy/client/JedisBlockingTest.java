package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.args.ListDirection;
import redis.clients.jedis.args.SortedSetOption;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.params.XReadParams;
import redis.clients.jedis.resps.StreamEntry;
import redis.clients.jedis.resps.Tuple;
import redis.clients.jedis.util.KeyValue;

/** Jedis clients that wait for what others push, and those that wait in vain. */
class JedisBlockingTest extends JedisClientTest {

  @ParameterizedTest
  @EnumSource
  void everyKindOfPopGetsWhatAnotherClientPushes(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    assertThat(whenBlocked(() -> jedis.blpop(SECONDS, "a", "b"), () -> jedis.rpush("b", "1")))
        .containsExactly("b", "1");
    assertThat(whenBlocked(() -> jedis.brpop(SECONDS, "a"), () -> jedis.rpush("a", "1", "2")))
        .containsExactly("a", "2");
    assertThat(
            whenBlocked(
                () -> jedis.blmove("from", "to", ListDirection.LEFT, ListDirection.RIGHT, SECONDS),
                () -> jedis.rpush("from", "moved")))
        .isEqualTo("moved");
    assertThat(
            whenBlocked(
                () -> jedis.blmpop(SECONDS, ListDirection.LEFT, 2, "many"),
                () -> jedis.rpush("many", "1", "2", "3")))
        .isEqualTo(KeyValue.of("many", List.of("1", "2")));
    assertThat(
            whenBlocked(
                () -> jedis.bzpopmin(SECONDS, "scores"),
                () -> jedis.zadd("scores", Map.of("low", 1.0, "high", 2.0))))
        .isEqualTo(KeyValue.of("scores", new Tuple("low", 1.0)));
    assertThat(
            whenBlocked(
                () -> jedis.bzmpop(SECONDS, SortedSetOption.MAX, "others"),
                () -> jedis.zadd("others", 3.5, "best")))
        .isEqualTo(KeyValue.of("others", List.of(new Tuple("best", 3.5))));
  }

  @ParameterizedTest
  @EnumSource
  void aReaderOfAStreamWaitsForTheNextEntry(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    jedis.xadd("stream", StreamEntryID.NEW_ENTRY, Map.of("n", "old"));
    Map<String, List<StreamEntry>> read =
        whenBlocked(
            () ->
                jedis.xreadAsMap(
                    XReadParams.xReadParams().block(SECONDS * 1000),
                    Map.of("stream", StreamEntryID.XREAD_NEW_ENTRY)),
            () -> jedis.xadd("stream", StreamEntryID.NEW_ENTRY, Map.of("n", "new")));
    assertThat(read.get("stream"))
        .singleElement()
        .satisfies(entry -> assertThat(entry.getFields()).containsEntry("n", "new"));
  }

  /** What is popped, once; a queue with several workers is the usual case. */
  @ParameterizedTest
  @EnumSource
  void everyItemOfAQueueGoesToOneWorker(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    List<Future<List<String>>> workers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      workers.add(
          inBackground(
              () -> {
                List<String> items = new ArrayList<>();
                String item = jedis.blpop(SECONDS, "queue").get(1);
                while (!item.equals("end")) {
                  items.add(item);
                  item = jedis.blpop(SECONDS, "queue").get(1);
                }
                return items;
              }));
    }
    List<String> pushed = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      pushed.add("item" + i);
      jedis.rpush("queue", "item" + i);
    }
    jedis.rpush("queue", "end", "end", "end", "end");
    List<String> popped = new ArrayList<>();
    for (Future<List<String>> worker : workers) {
      popped.addAll(worker.get(SECONDS, TimeUnit.SECONDS));
    }
    assertThat(popped).containsExactlyInAnyOrderElementsOf(pushed);
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsInVainHearsOfItAndGoesOn(RedisProtocol protocol) {
    Jedis jedis = connectOne(protocol);
    assertThat(jedis.blpop(0.05, "empty")).isNull();
    assertThat(jedis.bzpopmax(0.05, "empty")).isNull();
    assertThat(jedis.blmove("empty", "to", ListDirection.LEFT, ListDirection.LEFT, 0.05)).isNull();
    assertThat(
            jedis.xread(
                XReadParams.xReadParams().block(50),
                Map.of("empty", StreamEntryID.XREAD_NEW_ENTRY)))
        .isNullOrEmpty();
    assertThat(jedis.incr("counter")).isEqualTo(1);
  }

  /** The client's own patience ends before the server's; nothing is popped for nobody after. */
  @ParameterizedTest
  @EnumSource
  void aClientThatGivesUpLosesNoItem(RedisProtocol protocol) {
    RedisClient jedis =
        connect(
            DefaultJedisClientConfig.builder().protocol(protocol).blockingSocketTimeoutMillis(200));
    assertThatThrownBy(() -> jedis.blpop(60, "queue"))
        .isInstanceOf(JedisConnectionException.class)
        .hasMessageContaining("timed out");
    awaitBlocked(0);
    jedis.rpush("queue", "item");
    assertThat(jedis.lpop("queue")).isEqualTo("item");
  }

  private <T> T whenBlocked(Callable<T> pop, Runnable push) throws Exception {
    Future<T> popped = inBackground(pop);
    awaitBlocked(1);
    push.run();
    return popped.get(SECONDS, TimeUnit.SECONDS);
  }
}
