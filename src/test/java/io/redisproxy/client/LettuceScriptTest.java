package io.redisproxy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.FlushMode;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Scripts and functions of Lettuce. */
class LettuceScriptTest extends LettuceClientTest {
  private static final String[] KEYS = {"a"};

  @ParameterizedTest
  @EnumSource
  void aScriptIsSentByItsHashAndWhereItIsUnknownByItsText(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    redis.scriptFlush();
    redis.set("a", "1");
    String hash = redis.digest(COMPARE_AND_SET);
    assertThatThrownBy(() -> redis.evalsha(hash, ScriptOutputType.INTEGER, KEYS, "1", "2"))
        .isInstanceOf(RedisNoScriptException.class);
    Long done = redis.eval(COMPARE_AND_SET, ScriptOutputType.INTEGER, KEYS, "1", "2");
    assertThat(done).isEqualTo(1);
    done = redis.evalsha(hash, ScriptOutputType.INTEGER, KEYS, "1", "3");
    assertThat(done).isZero();
    assertThat(redis.scriptLoad(COMPARE_AND_SET)).isEqualTo(hash);
    assertThat(redis.scriptExists(hash, "0".repeat(40))).containsExactly(true, false);
    redis.scriptFlush(FlushMode.SYNC);
    assertThat(redis.scriptExists(hash)).containsExactly(false);
  }

  @ParameterizedTest
  @EnumSource
  void aScriptsRepliesAndErrorsComeAsItGivesThem(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    List<Object> reply =
        redis.eval("return {1, 'two', {3, 'four'}, false}", ScriptOutputType.MULTI);
    assertThat(reply).isEqualTo(Arrays.asList(1L, "two", List.of(3L, "four"), null));
    assertThatThrownBy(
            () -> redis.eval("return redis.error_reply('MINE no')", ScriptOutputType.VALUE))
        .isInstanceOf(RedisCommandExecutionException.class)
        .hasMessage("MINE no");
  }

  @ParameterizedTest
  @EnumSource
  void functionsAreLoadedAndCalled(ProtocolVersion protocol) {
    RedisCommands<String, String> redis = connect(protocol).sync();
    redis.functionFlush(FlushMode.SYNC);
    assertThat(redis.functionLoad(LIBRARY)).isEqualTo("orders");
    assertThatThrownBy(() -> redis.functionLoad(LIBRARY)).hasMessageContaining("already exists");
    assertThat(redis.functionLoad(LIBRARY, true)).isEqualTo("orders");
    Long placed = redis.fcall("place", ScriptOutputType.INTEGER, KEYS, "x", "y");
    assertThat(placed).isEqualTo(2);
    group.awaitInSync();
    Long counted = redis.fcallReadOnly("count", ScriptOutputType.INTEGER, KEYS);
    assertThat(counted).isEqualTo(2);
    assertThat(redis.functionList("ord*")).hasSize(1);
    assertThat(redis.functionList("other*")).isEmpty();
  }
}
