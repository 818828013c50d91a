package io.redisproxy.session;

import io.redisproxy.command.Command;
import io.redisproxy.metrics.CommandMeters;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What the process notes of requests beside passing them on, for people to see. */
public final class Insight {
  private static final List<String> NAMES =
      Arrays.stream(Command.values()).map(Insight::name).toList();

  private final CommandMeters commands = new CommandMeters(NAMES);

  /** As the server writes it, {@code client|list}. */
  private static String name(Command command) {
    return command == Command.UNKNOWN
        ? "unknown"
        : command.wireName().toLowerCase(Locale.ROOT).replace(' ', '|');
  }

  /** The requests and their latency by command. */
  public CommandMeters commands() {
    return commands;
  }

  /** For the sessions of a listener on one event loop. */
  public LoopInsight of(String listener, int eventLoop) {
    return new LoopInsight(commands.counts(listener, eventLoop));
  }
}
