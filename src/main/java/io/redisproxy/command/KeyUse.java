package io.redisproxy.command;

import java.util.EnumSet;
import java.util.Set;

/** Which keys a command reads or writes, as far as that can be told before a request of it. */
public enum KeyUse {
  /** No data, such as PING and CONFIG. */
  NONE,
  /** The argument behind the name alone, as with most commands. */
  FIRST,
  /** Others at the same places in every request; see {@link Command#firstKey}. */
  FIXED,
  /** Those that {@link KeyFinder} finds in the request. */
  MOVABLE,
  /** It may be any: no request names them all. */
  ANY;

  /** They write what they are told to, without the flag that says so. */
  private static final Set<Command> WRITES_WITHOUT_FLAG =
      EnumSet.of(Command.UNKNOWN, Command.EVAL, Command.EVALSHA, Command.FCALL, Command.DEBUG);

  /** Keys in another database than the session's. */
  private static final Set<Command> OTHER_DATABASES = EnumSet.of(Command.MOVE, Command.COPY);

  private static final KeyUse[] USES = new KeyUse[Command.values().length];
  private static final boolean[] WRITES = new boolean[USES.length];

  static {
    for (Command command : Command.values()) {
      USES[command.ordinal()] = find(command);
      WRITES[command.ordinal()] =
          command.has(CommandFlag.WRITE) || WRITES_WITHOUT_FLAG.contains(command);
    }
  }

  public static KeyUse of(Command command) {
    return USES[command.ordinal()];
  }

  /** Whether the command may change data. */
  public static boolean isWrite(Command command) {
    return WRITES[command.ordinal()];
  }

  private static KeyUse find(Command command) {
    if (OTHER_DATABASES.contains(command) || KeyFinder.UNNAMED_KEYS.contains(command)) {
      return ANY;
    }
    if (!command.takesKeys()) {
      return NONE;
    }
    if (!command.hasFixedKeys()) {
      return MOVABLE;
    }
    return command.firstKey() == 1 && command.lastKey() == 1 ? FIRST : FIXED;
  }
}
