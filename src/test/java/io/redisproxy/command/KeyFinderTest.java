package io.redisproxy.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KeyFinderTest {

  @Test
  void fixedKeysAreWhereTheCommandSaysWithoutSearch() {
    assertThat(Command.MGET.hasFixedKeys()).isTrue();
    assertThat(Command.MSET.firstKey()).isEqualTo(1);
    assertThat(Command.MSET.lastKey()).isEqualTo(-1);
    assertThat(Command.MSET.keyStep()).isEqualTo(2);
    assertThat(Command.LCS.lastKey()).isEqualTo(2);
    assertThat(Command.BLPOP.lastKey()).isEqualTo(-2);
    assertThat(Command.EVAL.hasFixedKeys()).isFalse();
    assertThat(Command.XREAD.hasFixedKeys()).isFalse();
    assertThat(Command.PING.hasFixedKeys()).isFalse();
    assertThat(Command.SPUBLISH.hasFixedKeys()).isFalse();
    assertThat(Command.SPUBLISH.takesKeys()).isFalse();
  }

  @Test
  void fixedKeysAreTheOnesThatSearchFinds() {
    List<byte[]> request = request("X a b c d e f g");
    for (Command command : Command.values()) {
      if (command.hasFixedKeys() && command != Command.SORT && command != Command.MIGRATE) {
        int last = command.lastKey() < 0 ? request.size() + command.lastKey() : command.lastKey();
        int step = command.keyStep();
        int[] fixed =
            Stream.iterate(command.firstKey(), i -> i <= last, i -> i + step)
                .mapToInt(i -> i)
                .toArray();
        assertThat(KeyFinder.find(command, request)).as(command.wireName()).containsExactly(fixed);
      }
    }
  }

  @Test
  void keysOfModulesAreFound() {
    assertKeys("JSON.MGET a b $", 1, 2);
    assertKeys("JSON.MSET a $ 1 b $ 2", 1, 4);
    assertKeys("TS.MADD a 1 1 b 1 1", 1, 4);
    assertKeys("TS.CREATERULE a b AGGREGATION avg 1", 1, 2);
    assertKeys("CMS.MERGE d 2 a b WEIGHTS 1 2", 1, 3, 4);
    assertKeys("FT.SEARCH idx *");
    assertKeys("MSETEX 2 a 1 b 2 EX 10", 2, 4);
  }

  @Test
  void aRequestThatAServerRefusesHasTheKeysThatAreThere() {
    assertKeys("GET");
    assertKeys("EVAL s");
    assertKeys("EVAL s 3 a", 3);
    assertKeys("EVAL s 999999999 a b", 3, 4);
    assertKeys("MSETEX 999999999 a 1", 2);
    assertKeys("EVAL s -1 a");
    assertKeys("EVAL s 99999999999999999999 a");
    assertKeys("XREAD COUNT 1");
    assertKeys("XREAD STREAMS");
    assertKeys("SORT");
    assertKeys("SORT a STORE", 1);
    assertKeys("MIGRATE h 1");
    assertKeys("BLPOP a");
  }

  @Test
  void aPasswordOfMigrateIsNotTakenForAnOption() {
    assertKeys("MIGRATE h 1  0 5 AUTH keys AUTH2 keys keys KEYS a b", 12, 13);
    assertKeys("MIGRATE h 1  0 5 AUTH keys");
  }

  @Test
  void keysThatNoRequestNamesAreToldOf() {
    assertThat(touchesOtherKeys("EVAL s 0")).isTrue();
    assertThat(touchesOtherKeys("EVAL s 1 a")).isFalse();
    assertThat(touchesOtherKeys("EVAL redis.call(ARGV[1]) 1 a")).isTrue();
    assertThat(touchesOtherKeys("FCALL f 1 a")).isTrue();
    assertThat(touchesOtherKeys("FCALL_RO f 0 a")).isTrue();
    assertThat(touchesOtherKeys("SORT_RO a LIMIT 0 1")).isFalse();
    assertThat(touchesOtherKeys("SORT_RO a BY w_* GET v_*")).isTrue();
    for (String name :
        "FLUSHALL FLUSHDB SWAPDB|KEYS DBSIZE SCAN RANDOMKEY EXEC DEBUG XGROUP FT.SEARCH FT.CREATE"
            .split("[ |]")) {
      assertThat(touchesOtherKeys(name)).as(name).isTrue();
    }
    assertThat(touchesOtherKeys("FUNCTION|LOAD x")).isTrue();
    assertThat(touchesOtherKeys("NOSUCH a")).isTrue();
    for (String name : "GET SET MSET INFO PING LOLWUT COMMAND CLIENT|SETNAME TIME".split(" ")) {
      assertThat(touchesOtherKeys(name + " a")).as(name).isFalse();
    }
  }

  private static boolean touchesOtherKeys(String line) {
    Command command = CommandTable.find(line.split(" ")[0]);
    return KeyFinder.touchesOtherKeys(
        command, request(line), KeyFinder.find(command, request(line)));
  }

  private static void assertKeys(String line, int... keys) {
    Command command = CommandTable.find(line.split(" ")[0]);
    assertThat(command).isNotEqualTo(Command.UNKNOWN);
    assertThat(KeyFinder.find(command, request(line))).as(line).containsExactly(keys);
  }

  static List<byte[]> request(String line) {
    return Stream.of(line.split(" ")).map(w -> w.getBytes(StandardCharsets.UTF_8)).toList();
  }
}
