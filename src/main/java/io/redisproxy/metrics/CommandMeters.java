package io.redisproxy.metrics;

import io.prometheus.client.Collector;
import io.redisproxy.metrics.CommandCounts.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The requests and their latency by listener, command and role: the sums of what the event loops
 * have counted, made when they are asked for. Only commands that were used are shown; what is not
 * in the list of known commands is one of them, so that clients can't make more.
 */
public final class CommandMeters extends Collector {
  /**
   * One line of the sums.
   *
   * @param latency a count for each bucket, then the sum of nanoseconds
   */
  public record Sum(String listener, String command, String role, long requests, long[] latency) {
    /** How many runs of requests the latency is of. */
    public long runs() {
      return Histogram.count(latency);
    }

    public double seconds() {
      return Histogram.seconds(latency);
    }
  }

  private static final List<String> LABELS = List.of("listener", "command", "role");
  private static final String COUNTER = "redis_proxy_commands_total";
  private static final String HISTOGRAM = "redis_proxy_command_seconds";

  private final List<String> commands;
  private final Map<String, List<CommandCounts>> listeners = new ConcurrentSkipListMap<>();

  /** {@code commands}: their names, each in the place of its number. */
  public CommandMeters(List<String> commands) {
    this.commands = List.copyOf(commands);
  }

  /** What an event loop counts for a listener; for the same two always the same object. */
  public synchronized CommandCounts counts(String listener, int eventLoop) {
    List<CommandCounts> loops = new ArrayList<>(listeners.getOrDefault(listener, List.of()));
    while (loops.size() <= eventLoop) {
      loops.add(new CommandCounts(commands.size()));
    }
    listeners.put(listener, List.copyOf(loops));
    return loops.get(eventLoop);
  }

  /** All sums that are not zero. */
  public List<Sum> sums() {
    List<Sum> sums = new ArrayList<>();
    listeners.forEach(
        (listener, loops) -> {
          for (Role role : Role.values()) {
            for (int command = 0; command < commands.size(); command++) {
              add(sums, listener, loops, command, role);
            }
          }
        });
    return sums;
  }

  private void add(
      List<Sum> sums, String listener, List<CommandCounts> loops, int command, Role role) {
    long requests = 0;
    long[] latency = Histogram.newSums(CommandCounts.BOUNDS_NANOS);
    for (CommandCounts loop : loops) {
      requests += loop.requests(command, role);
      loop.addLatencyTo(latency, command, role);
    }
    if (requests > 0) {
      sums.add(
          new Sum(
              listener,
              commands.get(command),
              role.name().toLowerCase(Locale.ROOT),
              requests,
              latency));
    }
  }

  @Override
  public List<MetricFamilySamples> collect() {
    List<MetricFamilySamples.Sample> counters = new ArrayList<>();
    List<MetricFamilySamples.Sample> histograms = new ArrayList<>();
    for (Sum sum : sums()) {
      List<String> values = List.of(sum.listener(), sum.command(), sum.role());
      counters.add(new MetricFamilySamples.Sample(COUNTER, LABELS, values, sum.requests()));
      if (sum.runs() > 0) {
        Histogram.addSamples(
            histograms, HISTOGRAM, LABELS, values, CommandCounts.BOUNDS_NANOS, sum.latency());
      }
    }
    return List.of(
        new MetricFamilySamples(
            COUNTER,
            Type.COUNTER,
            "Requests by command, and by the role of who answers: master, replica or proxy",
            counters),
        new MetricFamilySamples(
            HISTOGRAM,
            Type.HISTOGRAM,
            "Time from sending a run of a client's requests to a node until its last reply, by the"
                + " run's first command",
            histograms));
  }
}
