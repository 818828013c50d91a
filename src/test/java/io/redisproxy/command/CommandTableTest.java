package io.redisproxy.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CommandTableTest {
  private static final List<Command> KNOWN =
      Stream.of(Command.values()).filter(c -> c != Command.UNKNOWN).toList();

  private final Random random = new Random(7);

  @Test
  void everyCommandIsFoundInAnyCase() {
    for (Command command : KNOWN) {
      String name = command.wireName();
      for (String spelling : List.of(name, name.toLowerCase(Locale.ROOT), randomCase(name))) {
        assertThat(lookup(spelling)).as(spelling).isEqualTo(command);
      }
    }
  }

  @Test
  void everyCommandIsFoundForConfigurationInEitherSpelling() {
    for (Command command : KNOWN) {
      String name = randomCase(command.wireName());
      assertThat(CommandTable.find(name)).isEqualTo(command);
      assertThat(CommandTable.find(name.replace(' ', '|'))).isEqualTo(command);
    }
    assertThat(CommandTable.find("client nosuch")).isEqualTo(Command.UNKNOWN);
    assertThat(CommandTable.find("")).isEqualTo(Command.UNKNOWN);
  }

  @Test
  void everyCommandIsFoundByTheWordsOfARequest() {
    for (Command command : KNOWN) {
      assertThat(find((randomCase(command.wireName()) + " a").split(" "))).isEqualTo(command);
    }
    assertThat(find("CLIENT")).isEqualTo(Command.CLIENT);
    assertThat(find("CLIENT", "NOSUCH")).isEqualTo(Command.CLIENT);
    assertThat(find("CLIENT|LIST")).isEqualTo(Command.UNKNOWN);
    assertThat(find("")).isEqualTo(Command.UNKNOWN);
    assertThat(find("GET" + "\0".repeat(29), "")).isEqualTo(Command.UNKNOWN);
  }

  private static Command find(String... words) {
    return CommandTable.find(
        Stream.of(words).map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toList());
  }

  @Test
  void noNameIsThereTwice() {
    Set<String> names = new HashSet<>();
    for (Command command : KNOWN) {
      assertThat(names.add(command.wireName())).as(command.wireName()).isTrue();
      assertThat(CommandTable.lastWord(command).length())
          .isBetween(1, CommandTable.MAX_NAME_LENGTH);
    }
  }

  @Test
  void aNameWithOneByteChangedAddedOrRemovedIsAnotherOrNone() {
    Set<String> names = new HashSet<>();
    KNOWN.forEach(c -> names.add(c.wireName()));
    for (Command command : KNOWN) {
      String container = container(command);
      String word = CommandTable.lastWord(command);
      for (int i = 0; i < word.length(); i++) {
        char other = (char) (word.charAt(i) ^ 1 << random.nextInt(5));
        String changed = word.substring(0, i) + other + word.substring(i + 1);
        String removed = word.substring(0, i) + word.substring(i + 1);
        String added = word.substring(0, i) + "\0" + word.substring(i);
        for (String near : List.of(changed, removed, added, word + "\0", word + "X")) {
          String name = container + near.toUpperCase(Locale.ROOT);
          if (!names.contains(name)) {
            Command none = container.isEmpty() ? Command.UNKNOWN : lookup(container.strip());
            assertThat(lookup(container + near)).as(name).isEqualTo(none);
          }
        }
      }
    }
  }

  @Test
  void aNameLongerThanAnyKnownIsUnknown() {
    assertThat(lookup("A".repeat(25))).isEqualTo(Command.UNKNOWN);
    assertThat(lookup("GET" + "\0".repeat(29))).isEqualTo(Command.UNKNOWN);
    assertThat(lookup("")).isEqualTo(Command.UNKNOWN);
  }

  @Test
  void anUnknownSubcommandIsTheContainer() {
    assertThat(lookup("CLIENT NOSUCH")).isEqualTo(Command.CLIENT);
    assertThat(lookup("GET SETNAME")).isEqualTo(Command.GET);
  }

  @Test
  void aCommandWithSubcommandsIsAContainer() {
    for (Command command : KNOWN) {
      boolean hasSubcommands =
          KNOWN.stream().anyMatch(c -> c.wireName().startsWith(command.wireName() + " "));
      assertThat(command.isContainer()).as(command.wireName()).isEqualTo(hasSubcommands);
    }
    assertThat(Command.UNKNOWN.isContainer()).isFalse();
  }

  @Test
  void capitalsAreMadeOfLowerCaseLettersOnly() {
    for (int b = 0; b < 256; b++) {
      for (int place = 0; place < 8; place++) {
        int expected = b >= 'a' && b <= 'z' ? b - 32 : b;
        long others = random.nextLong() & 0x4040404040404040L & ~(0xFFL << 8 * place);
        assertThat(CommandTable.upper((long) b << 8 * place | others))
            .isEqualTo((long) expected << 8 * place | others);
        long full = ~(0xFFL << 8 * place);
        assertThat(CommandTable.upper((long) b << 8 * place | full))
            .isEqualTo((long) expected << 8 * place | full);
      }
    }
  }

  private static String container(Command command) {
    return command.wireName().substring(0, command.wireName().indexOf(' ') + 1);
  }

  private String randomCase(String name) {
    StringBuilder mixed = new StringBuilder();
    name.chars()
        .forEach(c -> mixed.append((char) (random.nextBoolean() ? Character.toLowerCase(c) : c)));
    return mixed.toString();
  }

  /** Looks a name up from its bytes, as the decoder does. */
  static Command lookup(String name) {
    int space = name.indexOf(' ');
    if (space < 0) {
      long[] words = words(name);
      return CommandTable.lookup(name.length(), words[0], words[1], words[2]);
    }
    String subcommand = name.substring(space + 1);
    long[] words = words(subcommand);
    return CommandTable.lookupSub(
        lookup(name.substring(0, space)), subcommand.length(), words[0], words[1], words[2]);
  }

  private static long[] words(String name) {
    byte[] bytes = Arrays.copyOf(name.getBytes(StandardCharsets.ISO_8859_1), 24);
    long[] words = new long[3];
    for (int i = 0; i < 24; i++) {
      words[i / 8] |= (bytes[i] & 0xFFL) << 8 * (i % 8);
    }
    return new long[] {
      CommandTable.upper(words[0]), CommandTable.upper(words[1]), CommandTable.upper(words[2])
    };
  }
}
