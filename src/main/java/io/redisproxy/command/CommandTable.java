package io.redisproxy.command;

import io.redisproxy.resp.RequestDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds the command for the bytes of a name, without an object in between. A name is packed into
 * three words, first byte lowest and zeros after the end, in capitals ({@link #upper}).
 */
public final class CommandTable {
  /** No known name is longer, so that a longer one needs no bytes read to be unknown. */
  public static final int MAX_NAME_LENGTH = 3 * Long.BYTES;

  private static final long EVERY_BYTE = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private static final Names TOP = new Names(namesUnder(Command.UNKNOWN));
  private static final Names[] SUB = new Names[Command.values().length];

  static {
    for (Command container : Command.values()) {
      List<Command> subcommands = namesUnder(container);
      if (container != Command.UNKNOWN && !subcommands.isEmpty()) {
        SUB[container.ordinal()] = new Names(subcommands);
      }
    }
  }

  private CommandTable() {}

  public static Command lookup(int length, long w0, long w1, long w2) {
    Command command = TOP.find(length, w0, w1, w2);
    return command == null ? Command.UNKNOWN : command;
  }

  /** The command of the request that was decoded last. */
  public static Command lookup(RequestDecoder decoder) {
    return lookup(
        decoder.nameLength(),
        upper(decoder.word0()),
        upper(decoder.word1()),
        upper(decoder.word2()));
  }

  /** The subcommand, or the container itself if it has none of that name. */
  public static Command lookupSub(Command container, int length, long w0, long w1, long w2) {
    Names names = SUB[container.ordinal()];
    Command command = names == null ? null : names.find(length, w0, w1, w2);
    return command == null ? container : command;
  }

  /** Finds "get", "client setname" or "CLIENT|SETNAME", for configuration; it does allocate. */
  public static Command find(String name) {
    String wireName = name.strip().toUpperCase(Locale.ROOT).replace('|', ' ');
    for (Command command : Command.values()) {
      if (command != Command.UNKNOWN && command.wireName().equals(wireName)) {
        return command;
      }
    }
    return Command.UNKNOWN;
  }

  /** Finds the command of a request from its words, the name first; it does allocate. */
  public static Command find(List<byte[]> request) {
    String name = new String(request.get(0), StandardCharsets.ISO_8859_1);
    Command command =
        lookup(name.length(), upper(word(name, 0)), upper(word(name, 1)), upper(word(name, 2)));
    if (request.size() < 2) {
      return command;
    }
    String sub = new String(request.get(1), StandardCharsets.ISO_8859_1);
    return lookupSub(
        command, sub.length(), upper(word(sub, 0)), upper(word(sub, 1)), upper(word(sub, 2)));
  }

  /** Makes capitals of a to z in eight bytes at once; any other byte stays. */
  public static long upper(long word) {
    // Adding to the lower seven bits carries into the high bit from a certain letter on, and never
    // into the next byte.
    long low = word & ~HIGH_BITS;
    long fromA = low + (0x80 - 'a') * EVERY_BYTE;
    long afterZ = low + (0x80 - 'z' - 1) * EVERY_BYTE;
    long letters = fromA & ~afterZ & ~word & HIGH_BITS;
    return word - (letters >>> 2);
  }

  static boolean hasSubcommands(Command command) {
    return SUB[command.ordinal()] != null;
  }

  /** The commands of the container; those of their own for {@code UNKNOWN}, which has no name. */
  private static List<Command> namesUnder(Command container) {
    List<Command> commands = new ArrayList<>();
    for (Command command : Command.values()) {
      int space = Math.max(0, command.wireName().indexOf(' '));
      if (command != Command.UNKNOWN
          && command.wireName().substring(0, space).equals(container.wireName())) {
        commands.add(command);
      }
    }
    return commands;
  }

  static String lastWord(Command command) {
    return command.wireName().substring(command.wireName().indexOf(' ') + 1);
  }

  static long word(String name, int index) {
    long word = 0;
    for (int i = Math.min(name.length(), (index + 1) * Long.BYTES); --i >= index * Long.BYTES; ) {
      word = (word << 8) | (name.charAt(i) & 0xFF);
    }
    return word;
  }

  /** Open addressing over arrays of primitives: a miss mostly ends at the first empty place. */
  private static final class Names {
    private final int mask;
    private final int shift;
    private final int[] lengths;
    private final long[] words;
    private final Command[] commands;

    Names(List<Command> known) {
      int capacity = Integer.highestOneBit(known.size()) * 8;
      mask = capacity - 1;
      shift = Long.SIZE - Integer.bitCount(mask);
      lengths = new int[capacity];
      words = new long[3 * capacity];
      commands = new Command[capacity];
      known.forEach(this::put);
    }

    private void put(Command command) {
      String name = lastWord(command);
      int at = hash(word(name, 0), word(name, 1), word(name, 2));
      while (commands[at] != null) {
        at = at + 1 & mask;
      }
      commands[at] = command;
      lengths[at] = name.length();
      words[3 * at] = word(name, 0);
      words[3 * at + 1] = word(name, 1);
      words[3 * at + 2] = word(name, 2);
    }

    Command find(int length, long w0, long w1, long w2) {
      int at = hash(w0, w1, w2);
      while (commands[at] != null) {
        if (lengths[at] == length
            && words[3 * at] == w0
            && words[3 * at + 1] == w1
            && words[3 * at + 2] == w2) {
          return commands[at];
        }
        at = at + 1 & mask;
      }
      return null;
    }

    private int hash(long w0, long w1, long w2) {
      // The product's highest bits are the ones that every byte of the words takes part in.
      return (int) (((w0 + 31 * w1 + 961 * w2) * 0x9E3779B97F4A7C15L) >>> shift);
    }
  }
}
