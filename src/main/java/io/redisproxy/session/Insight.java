package io.redisproxy.session;

import io.redisproxy.command.Command;
import io.redisproxy.metrics.CommandMeters;
import io.redisproxy.trace.Traces;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the process notes of requests beside passing them on, for people to see. */
public final class Insight {
  private static final List<String> NAMES =
      Arrays.stream(Command.values()).map(Insight::name).toList();

  private final CommandMeters commands = new CommandMeters(NAMES);
  private final Map<String, ListenerInsight> listeners = new ConcurrentHashMap<>();
  private final long slowNanos;
  private final int slowLogLength;
  private final Traces traces;

  /**
   * What is slow, and how much is kept of it.
   *
   * @param slowerThan what takes at least so long is
   * @param slowLogLength how many entries of each listener are kept
   * @param traces null when nothing is traced
   */
  public Insight(Duration slowerThan, int slowLogLength, Traces traces) {
    this.traces = traces;
    slowNanos = slowerThan.toNanos();
    this.slowLogLength = slowLogLength;
  }

  /** As the server writes it, {@code client|list}. */
  private static String name(Command command) {
    return command == Command.UNKNOWN
        ? "unknown"
        : command.wireName().toLowerCase(Locale.ROOT).replace(' ', '|');
  }

  /** The name of a command by its number. */
  static String nameOf(int command) {
    return NAMES.get(command);
  }

  /** The requests and their latency by command. */
  public CommandMeters commands() {
    return commands;
  }

  /** The latest requests of a listener that took long, the last one first. */
  public List<SlowLog.Entry> slow(String listener, int count) {
    ListenerInsight insight = listeners.get(listener);
    return insight == null ? List.of() : insight.slowLog().latest(count);
  }

  /** For the sessions of a listener on one event loop. */
  public LoopInsight of(String listener, int eventLoop) {
    ListenerInsight all =
        listeners.computeIfAbsent(listener, name -> new ListenerInsight(slowLogLength));
    RunTraces traced = traces == null ? null : new RunTraces(traces, listener);
    LoopInsight insight =
        new LoopInsight(all, commands.counts(listener, eventLoop), slowNanos, traced);
    all.put(eventLoop, insight);
    return insight;
  }
}
