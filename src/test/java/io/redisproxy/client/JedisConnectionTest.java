package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;

/** What Jedis sets on its connections: the database and the name. */
class JedisConnectionTest extends JedisClientTest {

  @ParameterizedTest
  @EnumSource
  void aPoolOfAnotherDatabaseSeesThatOne(RedisProtocol protocol) {
    RedisClient one = connect(DefaultJedisClientConfig.builder().protocol(protocol).database(1));
    RedisClient two = connect(DefaultJedisClientConfig.builder().protocol(protocol).database(2));
    RedisClient zero = connect(protocol);
    one.set("a", "one");
    two.set("a", "two");
    try (AbstractTransaction transaction = two.multi()) {
      transaction.append("a", "!");
      transaction.exec();
    }
    group.awaitInSync();
    for (int i = 0; i < 8; i++) {
      assertThat(one.get("a")).isEqualTo("one");
      assertThat(two.get("a")).isEqualTo("two!");
      assertThat(zero.get("a")).isNull();
      assertThat(two.dbSize()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionGoesFromDatabaseToDatabase(RedisProtocol protocol) {
    Jedis jedis = connectOne(protocol);
    for (int database = 0; database < 16; database++) {
      jedis.select(database);
      jedis.set("database", "" + database);
    }
    jedis.select(3);
    jedis.move("database", 0);
    jedis.swapDB(4, 5);
    group.awaitInSync();
    for (int database = 15; database >= 0; database--) {
      jedis.select(database);
      String expected =
          switch (database) {
            case 3 -> "3"; // It was not moved, as there is one in database 0.
            case 4 -> "5";
            case 5 -> "4";
            default -> "" + database;
          };
      assertThat(jedis.get("database")).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionHasANumberAndTheNameItWasGiven(RedisProtocol protocol) {
    Jedis first = connectOne(protocol);
    Jedis second = connectOne(protocol);
    assertThat(first.clientId()).isNotEqualTo(second.clientId()).isEqualTo(first.clientId());
    assertThat(first.clientGetname()).isNull();
    assertThat(first.clientSetname("worker-1")).isEqualTo("OK");
    assertThat(second.clientSetname("worker-2")).isEqualTo("OK");
    first.select(1);
    first.incr("counter");
    assertThat(first.clientGetname()).isEqualTo("worker-1");
    assertThat(second.clientGetname()).isEqualTo("worker-2");
    assertThat(first.clientInfo()).contains("name=worker-1");
    assertThat(second.clientSetname("")).isEqualTo("OK");
    assertThat(second.clientGetname()).isNull();
  }
}
