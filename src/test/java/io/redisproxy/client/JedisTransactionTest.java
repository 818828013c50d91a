package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;

/** Transactions and pipelines of Jedis. */
class JedisTransactionTest extends JedisClientTest {

  @ParameterizedTest
  @EnumSource
  void aTransactionAnswersInOrder(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    try (AbstractTransaction transaction = jedis.multi()) {
      Response<String> set = transaction.set("a", "1");
      Response<Long> incremented = transaction.incr("a");
      Response<String> read = transaction.get("a");
      assertThat(transaction.exec()).containsExactly("OK", 2L, "2");
      assertThat(set.get()).isEqualTo("OK");
      assertThat(incremented.get()).isEqualTo(2);
      assertThat(read.get()).isEqualTo("2");
    }
    group.awaitInSync();
    assertThat(jedis.get("a")).isEqualTo("2");
  }

  @ParameterizedTest
  @EnumSource
  void aTransactionDoesNothingWhenAWatchedKeyWasChanged(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    try (AbstractTransaction transaction = jedis.transaction(false)) {
      transaction.watch("balance");
      jedis.set("balance", "other");
      transaction.multi();
      transaction.set("balance", "mine");
      assertThat(transaction.exec()).isNull();
    }
    group.awaitInSync();
    assertThat(jedis.get("balance")).isEqualTo("other");
  }

  @ParameterizedTest
  @EnumSource
  void unwatchAndDiscardForgetWhatWasBegun(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    jedis.set("balance", "1");
    try (AbstractTransaction transaction = jedis.transaction(false)) {
      transaction.watch("balance");
      jedis.incr("balance");
      transaction.unwatch();
      transaction.multi();
      transaction.incr("balance");
      assertThat(transaction.discard()).isEqualTo("OK");
      transaction.multi();
      transaction.incr("balance");
      assertThat(transaction.exec()).containsExactly(3L);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anErrorInATransactionIsThatOfItsCommand(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    try (AbstractTransaction transaction = jedis.multi()) {
      transaction.set("text", "x");
      Response<Long> failed = transaction.incr("text");
      Response<String> read = transaction.get("text");
      transaction.exec();
      assertThatThrownBy(failed::get)
          .isInstanceOf(JedisDataException.class)
          .hasMessageContaining("not an integer");
      assertThat(read.get()).isEqualTo("x");
    }
  }

  /** Each thread reads, computes and writes; whoever was overtaken tries again. */
  @ParameterizedTest
  @EnumSource
  void noIncrementIsLostBetweenClientsThatWatch(RedisProtocol protocol) throws Exception {
    RedisClient jedis = connect(protocol);
    List<Future<Integer>> conflicts = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      conflicts.add(inBackground(() -> incrementWatched(jedis, 25)));
    }
    for (Future<Integer> future : conflicts) {
      future.get();
    }
    group.awaitInSync();
    assertThat(jedis.get("counter")).isEqualTo("100");
  }

  private static int incrementWatched(RedisClient jedis, int times) {
    int conflicts = 0;
    for (int done = 0; done < times; ) {
      try (AbstractTransaction transaction = jedis.transaction(false)) {
        transaction.watch("counter");
        // On the watching connection, as a read on another one could be older.
        String value = read(transaction, "counter");
        transaction.multi();
        transaction.set("counter", "" + (value == null ? 1 : Integer.parseInt(value) + 1));
        if (transaction.exec() == null) {
          conflicts++;
        } else {
          done++;
        }
      }
    }
    return conflicts;
  }

  /** Jedis sends at once what comes between WATCH and MULTI. */
  private static String read(AbstractTransaction transaction, String key) {
    return transaction.get(key).get();
  }

  @ParameterizedTest
  @EnumSource
  void aLargePipelineIsAnsweredInOrder(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    try (AbstractPipeline pipeline = jedis.pipelined()) {
      List<Response<?>> responses = new ArrayList<>();
      List<Object> expected = new ArrayList<>();
      String value = "x".repeat(20);
      for (int i = 0; i < 5000; i++) {
        responses.add(pipeline.rpush("list", value));
        expected.add((long) i + 1);
        responses.add(pipeline.get("missing" + i));
        expected.add(null);
        responses.add(pipeline.llen("list"));
        expected.add((long) i + 1);
        responses.add(pipeline.lindex("list", -1));
        expected.add(value);
      }
      pipeline.sync();
      for (int i = 0; i < responses.size(); i++) {
        assertThat((Object) responses.get(i).get()).isEqualTo(expected.get(i));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPipelineMayHoldTransactionsAndErrors(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    try (Pipeline pipeline = jedis.pipelined()) {
      Response<String> set = pipeline.set("text", "x");
      Response<Long> failed = pipeline.incr("text");
      pipeline.sendCommand(new CommandArguments(Command.MULTI));
      pipeline.sendCommand(Command.INCR, "counter");
      Response<Object> results = pipeline.sendCommand(new CommandArguments(Command.EXEC));
      Response<String> after = pipeline.get("counter");
      pipeline.sync();
      assertThat(set.get()).isEqualTo("OK");
      assertThatThrownBy(failed::get).isInstanceOf(JedisDataException.class);
      assertThat((List<?>) results.get()).isEqualTo(List.of(1L));
      assertThat(after.get()).isEqualTo("1");
    }
  }
}
