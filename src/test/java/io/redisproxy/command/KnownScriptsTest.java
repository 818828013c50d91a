package io.redisproxy.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KnownScriptsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "return 1",
        "return redis.call('INCR', KEYS[1])",
        "return redis.pcall(\"set\", KEYS[ 2 ], ARGV[1], 'EX', ARGV[2])",
        "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end",
        "local key = KEYS[1]\nlocal n = redis.call('INCR', key) -- not 'redis.call(x'\n"
            + "if n == 1 then redis.call('EXPIRE', key, ARGV[1]) end return n",
        "for i = 1, #KEYS do redis.call('DEL', KEYS[i]) end",
        "redis.call('RENAME', KEYS[1], KEYS[2]); redis.call('PUBLISH', ARGV[1], 'redis KEYS')",
        "return {redis.call('HMGET', KEYS[1], unpack(ARGV)), redis.call('TIME')[1]}",
        "return redis.error_reply('no ' .. KEYS[1])",
        "server.call('zadd', KEYS[tonumber(ARGV[1])], ARGV[2], 'a--b')"
      })
  void whatTouchesOnlyDeclaredKeys(String script) {
    assertThat(areDeclared("EVAL", script)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "return redis.call('INCR', 'other')",
        "return redis.call('INCR', ARGV[1])",
        "return redis.call('INCR', KEYS[1] .. ':' .. ARGV[1])",
        "return redis.call('INCR', KEYS[1] .. KEYS[2])",
        "local rcall = redis.call\nrcall('HSET', KEYS[1] .. 'id', 'f', 'v')",
        "local r = redis r.call('INCR', KEYS[1])",
        "redis['call']('INCR', 'other')",
        "redis.call(ARGV[1], KEYS[1])",
        "redis.call(unpack(ARGV))",
        "local key = KEYS[1] .. ':x'\nredis.call('INCR', key)",
        "local key = KEYS[1]\nkey = key .. ARGV[1]\nredis.call('INCR', key)",
        "local key = KEYS[1]\nfor i, key in ipairs(ARGV) do redis.call('INCR', key) end",
        "local key = KEYS[1]\nlocal function f(key) redis.call('INCR', key) end f(ARGV[1])",
        "local key = KEYS[1]\nlocal n, key = 1, ARGV[1]\nredis.call('INCR', key)",
        "KEYS[1] = ARGV[1] redis.call('INCR', KEYS[1])",
        "KEYS = ARGV redis.call('INCR', KEYS[1])",
        "table.insert(KEYS, ARGV[1]) redis.call('INCR', KEYS[2])",
        "redis.call('DEL', unpack(KEYS))",
        "redis.call('DEL', KEYS[1], ARGV[1])",
        "redis.call('FLUSHALL')",
        "redis.call('SELECT', 1) redis.call('INCR', KEYS[1])",
        "redis.call('NO.SUCH', KEYS[1])",
        "local key = KEYS[1]\n  .. ':x' redis.call('INCR', key)",
        "redis.call('ZUNIONSTORE', KEYS[1], 2, KEYS[2], ARGV[1])",
        "--[[ a\n]] redis.call('INCR', ARGV[1])",
        "--[==[ a\n]==] redis.call('INCR', ARGV[1])",
        "redis.call([[INCR]], ARGV[1])",
        "_G.redis.call('INCR', ARGV[1])",
        "loadstring(ARGV[1])()",
        "redis.call'TIME'",
        "redis.call('INCR', KEYS[1]"
      })
  void whatMayTouchOthers(String script) {
    assertThat(areDeclared("EVAL", script)).isFalse();
  }

  @Test
  void aTextThatIsHardToReadIsDoneWithAtOnce() {
    String names = "local a = KEYS[1] " + "a,b".repeat(4000) + " redis.call('INCR', a)";
    assertThat(areDeclared("EVAL", names)).isTrue();
    String aliases =
        "local a = KEYS[1] a = 1 for a function(a ".repeat(390) + "redis.call('INCR', a)";
    assertThat(areDeclared("EVAL", aliases)).isFalse();
    assertThat(areDeclared("EVAL", "return 1" + " ".repeat(1 << 20))).isFalse();
  }

  @Test
  void aDigestStandsForAScriptThatWasSeen() {
    // Its SHA-1, in capitals, too.
    String digest = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
    assertThat(areDeclared("EVALSHA", "0123456789012345678901234567890123456789")).isFalse();
    KnownScripts.learn("return 1".getBytes(StandardCharsets.UTF_8));
    assertThat(areDeclared("EVALSHA", digest)).isTrue();
    assertThat(areDeclared("EVALSHA_RO", digest.toUpperCase(Locale.ROOT))).isTrue();
    assertThat(areDeclared("FCALL", digest)).isFalse();
  }

  @Test
  void whatScansGivesCursorsAway() {
    assertThat(scans("return redis.call('HSCAN', KEYS[1], ARGV[1])")).isTrue();
    assertThat(scans("local name = \"scan\" return redis.call(name, 0)")).isTrue();
    assertThat(scans("return redis.call('GET', KEYS[1])")).isFalse();
    assertThat(scans("local scanned = redis.call('HGETALL', KEYS[1])")).isFalse();
  }

  private static boolean scans(String script) {
    return KnownScripts.learn(script.getBytes(StandardCharsets.UTF_8)).scans();
  }

  private static boolean areDeclared(String command, String script) {
    List<byte[]> request =
        Arrays.stream(new String[] {command, script, "1", "key"})
            .map(word -> word.getBytes(StandardCharsets.UTF_8))
            .toList();
    return KnownScripts.runBy(CommandTable.find(command), request).declared();
  }
}
