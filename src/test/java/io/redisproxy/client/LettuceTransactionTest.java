package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolVersion;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Transactions and pipelines of Lettuce, with other commands before and after them. */
class LettuceTransactionTest extends LettuceClientTest {

  @ParameterizedTest
  @EnumSource
  void transactionsAndOtherCommandsFollowOneAnother(ProtocolVersion protocol) throws Exception {
    RedisAsyncCommands<String, String> redis = connect(protocol).async();
    List<RedisFuture<?>> futures = new ArrayList<>();
    List<RedisFuture<TransactionResult>> results = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      futures.add(redis.set("plain", "" + i));
      futures.add(redis.multi());
      futures.add(redis.incr("counter"));
      futures.add(redis.get("plain"));
      results.add(redis.exec());
    }
    for (int i = 0; i < 100; i++) {
      assertThat(get(results.get(i)).<Long>get(0)).isEqualTo(i + 1);
      assertThat(get(results.get(i)).<String>get(1)).isEqualTo("" + i);
      assertThat((Object) get(futures.get(4 * i + 2))).isEqualTo((long) i + 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConflictIsNoticedAndTheNextTryWorks(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    RedisCommands<String, String> other = connect(protocol).sync();
    redis.set("balance", "10");
    redis.watch("balance");
    assertThat(redis.get("balance")).isEqualTo("10");
    other.set("balance", "20");
    redis.multi();
    redis.set("balance", "11");
    assertThat(redis.exec().wasDiscarded()).isTrue();

    redis.watch("balance");
    assertThat(redis.get("balance")).isEqualTo("20");
    redis.multi();
    redis.set("balance", "21");
    assertThat(redis.exec().wasDiscarded()).isFalse();
    group.awaitInSync();
    assertThat(other.get("balance")).isEqualTo("21");
  }

  @ParameterizedTest
  @EnumSource
  void aDiscardedTransactionDidNothing(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    redis.multi();
    redis.set("a", "1");
    assertThat(redis.discard()).isEqualTo("OK");
    redis.watch("a");
    assertThat(redis.unwatch()).isEqualTo("OK");
    assertThat(redis.exists("a")).isZero();
    assertThatThrownBy(
            () ->
                redis.dispatch(
                    CommandType.EXEC,
                    new io.lettuce.core.output.StatusOutput<>(
                        io.lettuce.core.codec.StringCodec.UTF8)))
        .isInstanceOf(RedisCommandExecutionException.class)
        .hasMessageContaining("EXEC without MULTI");
  }

  @ParameterizedTest
  @EnumSource
  void aLargePipelineIsAnsweredInOrder(ProtocolVersion protocol) throws Exception {
    StatefulRedisConnection<String, String> connection = connect(protocol);
    connection.setAutoFlushCommands(false);
    RedisAsyncCommands<String, String> redis = connection.async();
    List<RedisFuture<?>> futures = new ArrayList<>();
    List<Object> expected = new ArrayList<>();
    String large = "x".repeat(1000);
    for (int i = 0; i < 1500; i++) {
      futures.add(redis.rpush("list", large));
      expected.add((long) i + 1);
      futures.add(redis.lindex("list", -1));
      expected.add(large);
      futures.add(redis.get("missing" + i));
      expected.add(null);
    }
    connection.flushCommands();
    for (int i = 0; i < futures.size(); i++) {
      assertThat((Object) get(futures.get(i))).isEqualTo(expected.get(i));
    }
  }
}
