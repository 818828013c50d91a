package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KeyValue;
import io.lettuce.core.LMPopArgs;
import io.lettuce.core.LMoveArgs;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blocking commands of Lettuce, with more commands sent behind them. */
class LettuceBlockingTest extends LettuceClientTest {

  @ParameterizedTest
  @EnumSource
  void everyKindOfPopGetsWhatAnotherClientPushes(ProtocolVersion protocol) throws Exception {
    RedisAsyncCommands<String, String> waiting = connect(protocol).async();
    RedisCommands<String, String> redis = connect(protocol).sync();

    RedisFuture<KeyValue<String, String>> popped = waiting.blpop(SECONDS, "a", "b");
    RedisFuture<Long> behind = waiting.incr("counter");
    awaitBlocked(1);
    assertThat(behind.isDone()).isFalse();
    redis.rpush("b", "1");
    assertThat(get(popped)).isEqualTo(KeyValue.just("b", "1"));
    assertThat(get(behind)).isEqualTo(1);

    RedisFuture<String> moved =
        waiting.blmove("from", "to", LMoveArgs.Builder.leftRight(), SECONDS);
    awaitBlocked(1);
    redis.rpush("from", "moved");
    assertThat(get(moved)).isEqualTo("moved");

    RedisFuture<KeyValue<String, List<String>>> several =
        waiting.blmpop(SECONDS, LMPopArgs.Builder.left().count(2), "many");
    awaitBlocked(1);
    redis.rpush("many", "1", "2", "3");
    assertThat(get(several)).isEqualTo(KeyValue.just("many", List.of("1", "2")));

    RedisFuture<KeyValue<String, ScoredValue<String>>> lowest = waiting.bzpopmin(SECONDS, "scores");
    awaitBlocked(1);
    redis.zadd("scores", 1.5, "low");
    assertThat(get(lowest)).isEqualTo(KeyValue.just("scores", ScoredValue.just(1.5, "low")));
  }

  @ParameterizedTest
  @EnumSource
  void aReaderOfAStreamWaitsForTheNextEntry(ProtocolVersion protocol) throws Exception {
    RedisAsyncCommands<String, String> waiting = connect(protocol).async();
    RedisCommands<String, String> redis = connect(protocol).sync();
    redis.xadd("stream", Map.of("n", "old"));
    RedisFuture<List<StreamMessage<String, String>>> read =
        waiting.xread(
            XReadArgs.Builder.block(Duration.ofSeconds(SECONDS)), StreamOffset.latest("stream"));
    awaitBlocked(1);
    redis.xadd("stream", Map.of("n", "new"));
    assertThat(get(read))
        .singleElement()
        .satisfies(message -> assertThat(message.getBody()).isEqualTo(Map.of("n", "new")));
  }

  @ParameterizedTest
  @EnumSource
  void whoWaitsInVainHearsOfItAndGoesOn(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    assertThat(redis.blpop(0.05, "empty")).isNull();
    assertThat(redis.bzpopmax(0.05, "empty")).isNull();
    assertThat(redis.blmove("empty", "to", LMoveArgs.Builder.leftLeft(), 0.05)).isNull();
    assertThat(redis.xread(XReadArgs.Builder.block(50), StreamOffset.latest("empty"))).isEmpty();
    assertThat(redis.incr("counter")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatGivesUpAndClosesLosesNoItem(ProtocolVersion protocol) {
    StatefulRedisConnection<String, String> impatient = connect(protocol);
    impatient.setTimeout(Duration.ofMillis(200));
    assertThatThrownBy(() -> impatient.sync().blpop(60, "queue"))
        .isInstanceOf(RedisCommandTimeoutException.class);
    awaitBlocked(1);
    impatient.close();
    awaitBlocked(0);
    RedisCommands<String, String> redis = connect(protocol).sync();
    redis.rpush("queue", "item");
    assertThat(redis.lpop("queue")).isEqualTo("item");
  }
}
