package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What Lettuce sets on its connections: the database and the name. */
class LettuceConnectionTest extends LettuceClientTest {

  @ParameterizedTest
  @EnumSource
  void aConnectionToAnotherDatabaseSeesThatOne(ProtocolVersion protocol) {
    RedisCommands<String, String> zero = connect(protocol).sync();
    RedisCommands<String, String> one = connect(protocol, 1).sync();
    one.set("a", "one");
    group.awaitInSync();
    assertThat(one.get("a")).isEqualTo("one");
    assertThat(one.keys("*")).containsExactly("a");
    assertThat(zero.get("a")).isNull();
    assertThat(zero.keys("*")).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void commandsInFlightStayInTheirDatabase(ProtocolVersion protocol) throws Exception {
    RedisAsyncCommands<String, String> redis = connect(protocol).async();
    List<RedisFuture<?>> futures = new ArrayList<>();
    List<Object> expected = new ArrayList<>();
    for (int i = 0; i < 160; i++) {
      futures.add(redis.select(i % 16));
      expected.add("OK");
      futures.add(redis.append("a", i % 16 + ","));
      expected.add((long) (i % 16 + ",").length() * (i / 16 + 1));
      futures.add(redis.strlen("a"));
      expected.add((long) (i % 16 + ",").length() * (i / 16 + 1));
    }
    for (int i = 0; i < futures.size(); i++) {
      assertThat((Object) get(futures.get(i))).as("reply %s", i).isEqualTo(expected.get(i));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionHasANumberAndTheNameItWasGiven(ProtocolVersion protocol) {
    RedisCommands<String, String> first = connect(protocol).sync();
    RedisCommands<String, String> second = connect(protocol).sync();
    assertThat(first.clientId()).isNotEqualTo(second.clientId()).isEqualTo(first.clientId());
    assertThat(first.clientGetname()).isNull();
    assertThat(first.clientSetname("worker-1")).isEqualTo("OK");
    assertThat(second.clientGetname()).isNull();
    first.select(2);
    first.multi();
    first.incr("counter");
    first.exec();
    assertThat(first.clientGetname()).isEqualTo("worker-1");
    assertThat(first.clientInfo()).contains("name=worker-1").contains("db=2");
  }
}
