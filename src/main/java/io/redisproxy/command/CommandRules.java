package io.redisproxy.command;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The classes of commands at one listener: what {@link Classifier} says, but for those that the
 * user has named. Names are in capitals, a subcommand's behind its container's and a space.
 */
public final class CommandRules {
  /** Those whose place can be chosen; others do more than to run somewhere. */
  private static final Set<CommandClass> MOVABLE =
      Set.of(
          CommandClass.READ,
          CommandClass.MASTER,
          CommandClass.ANY_NODE,
          CommandClass.CURSOR,
          CommandClass.READING_SCRIPT);

  private final CommandClass[] classes =
      Arrays.stream(Command.values()).map(Classifier::classOf).toArray(CommandClass[]::new);

  /** Commands that the table doesn't have, such as those of modules. */
  private final Map<String, CommandClass> named = new HashMap<>();

  private final Set<String> immovable = new HashSet<>();

  /**
   * {@code overrides}: {@code READ} or {@code MASTER} for names of commands.
   *
   * @param denied a container's name stands for all its subcommands
   */
  public CommandRules(Map<String, CommandClass> overrides, Set<String> denied) {
    overrides.forEach((name, commandClass) -> set(name, commandClass, false));
    denied.forEach(name -> set(name, CommandClass.DENIED, true));
    if (!named.isEmpty()) {
      classes[Command.UNKNOWN.ordinal()] = CommandClass.BY_NAME;
    }
    List.copyOf(named.keySet()).forEach(this::lookUpSubcommands);
  }

  /** What the table doesn't have may be a subcommand of what it has. */
  private void lookUpSubcommands(String name) {
    String containerName = name.substring(0, Math.max(0, name.indexOf(' ')));
    Command container = CommandTable.find(containerName);
    CommandClass own = classes[container.ordinal()];
    if (container.isContainer() && own != CommandClass.BY_NAME && own != CommandClass.DENIED) {
      named.put(containerName, own);
      classes[container.ordinal()] = CommandClass.BY_NAME;
    }
  }

  /** Names in the overrides of commands that can't run elsewhere than they do. */
  public Set<String> immovable() {
    return immovable;
  }

  public CommandClass classOf(Command command) {
    return classes[command.ordinal()];
  }

  /** The class of one request, none of those that its arguments or its name decide. */
  public CommandClass classOf(Command command, List<byte[]> request) {
    CommandClass commandClass = classOf(command);
    return switch (commandClass) {
      case PINNED_IF_BLOCKING, READ_BY_SECTION -> Classifier.classOf(command, request);
      case BY_NAME -> classOfNamed(request);
      default -> commandClass;
    };
  }

  /** Whether the user has named the command, and it is not of the class that it is without. */
  public boolean isConfigured(Command command, List<byte[]> request) {
    return classOf(command, request) != Classifier.classOf(command, request);
  }

  /** The class of a command, or a subcommand, that the table doesn't have; its name first. */
  public CommandClass classOfNamed(List<byte[]> request) {
    String name = word(request.get(0));
    CommandClass ofSubcommand =
        request.size() > 1 ? named.get(name + ' ' + word(request.get(1))) : null;
    return ofSubcommand != null ? ofSubcommand : named.getOrDefault(name, CommandClass.MASTER);
  }

  /** The error for a command that is denied. */
  public String denial(Command command) {
    String name = classOf(command) == CommandClass.BY_NAME ? "this command" : command.wireName();
    return "NOPERM redis-proxy: " + name + " is denied by the configuration of this listener";
  }

  private void set(String name, CommandClass commandClass, boolean always) {
    boolean known = false;
    for (Command command : Command.values()) {
      String wireName = command.wireName();
      if (command == Command.UNKNOWN
          || !(wireName.equals(name) || wireName.startsWith(name + ' '))) {
        continue;
      }
      known = true;
      if (always || MOVABLE.contains(classes[command.ordinal()])) {
        classes[command.ordinal()] = commandClass;
      } else if (wireName.equals(name)) {
        immovable.add(name);
      }
    }
    if (!known) {
      named.put(name, commandClass);
    }
  }

  private static String word(byte[] argument) {
    return new String(argument, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
  }
}
