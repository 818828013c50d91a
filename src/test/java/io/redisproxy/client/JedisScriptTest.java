package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/** Scripts and functions of Jedis, over whatever connection of the pool. */
class JedisScriptTest extends JedisClientTest {

  @ParameterizedTest
  @EnumSource
  void aScriptRunsByItsTextAndThenByItsHash(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    jedis.scriptFlush();
    String hash = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"; // of "return 1"
    assertThatThrownBy(() -> jedis.evalsha(hash)).isInstanceOf(JedisNoScriptException.class);
    assertThat(jedis.eval("return 1")).isEqualTo(1L);
    for (int i = 0; i < 16; i++) {
      assertThat(jedis.evalsha(hash)).isEqualTo(1L);
    }
  }

  @ParameterizedTest
  @EnumSource
  void loadedScriptsAreThereUntilTheyAreFlushed(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    String hash = jedis.scriptLoad(COMPARE_AND_SET);
    assertThat(jedis.scriptExists(List.of(hash, "0".repeat(40)))).containsExactly(true, false);
    jedis.set("a", "1");
    assertThat(jedis.evalsha(hash, List.of("a"), List.of("1", "2"))).isEqualTo(1L);
    assertThat(jedis.evalsha(hash, List.of("a"), List.of("1", "3"))).isEqualTo(0L);
    group.awaitInSync();
    assertThat(jedis.get("a")).isEqualTo("2");
    assertThat(jedis.scriptFlush()).isEqualTo("OK");
    assertThat(jedis.scriptExists(List.of(hash))).containsExactly(false);
    assertThatThrownBy(() -> jedis.evalsha(hash, List.of("a"), List.of("1", "2")))
        .isInstanceOf(JedisNoScriptException.class);
  }

  @ParameterizedTest
  @EnumSource
  void aScriptsRepliesAndErrorsComeAsItGivesThem(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    assertThat(jedis.eval("return {1, 'two', {3, 'four'}, false}", 0))
        .isEqualTo(java.util.Arrays.asList(1L, "two", List.of(3L, "four"), null));
    assertThatThrownBy(() -> jedis.eval("return redis.error_reply('MINE not today')"))
        .isInstanceOf(JedisDataException.class)
        .hasMessage("MINE not today");
    jedis.set("text", "x");
    assertThatThrownBy(() -> jedis.eval("return redis.call('INCR', KEYS[1])", 1, "text"))
        .hasMessageContaining("not an integer");
    assertThatThrownBy(
            () -> jedis.evalReadonly("return redis.call('DEL', 'a')", List.of(), List.of()))
        .hasMessageContaining("Write commands are not allowed");
  }

  @ParameterizedTest
  @EnumSource
  void functionsAreLoadedCalledListedAndDeleted(RedisProtocol protocol) {
    RedisClient jedis = connect(protocol);
    jedis.functionFlush();
    assertThat(jedis.functionLoad(LIBRARY)).isEqualTo("orders");
    assertThatThrownBy(() -> jedis.functionLoad(LIBRARY)).hasMessageContaining("already exists");
    assertThat(jedis.functionLoadReplace(LIBRARY)).isEqualTo("orders");
    assertThat(jedis.fcall("place", List.of("list"), List.of("a", "b"))).isEqualTo(2L);
    group.awaitInSync();
    assertThat(jedis.fcallReadonly("count", List.of("list"), List.of())).isEqualTo(2L);
    assertThat(jedis.functionList())
        .singleElement()
        .satisfies(
            library -> {
              assertThat(library.getLibraryName()).isEqualTo("orders");
              assertThat(library.getFunctions()).hasSize(2);
            });
    assertThat(jedis.functionDelete("orders")).isEqualTo("OK");
    assertThatThrownBy(() -> jedis.fcall("place", List.of("list"), List.of("c")))
        .hasMessageContaining("not found");
  }
}
