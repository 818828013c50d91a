package io.redisproxy.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What is counted of one listener's clients. */
public final class ListenerMeters {
  private final MeterRegistry registry;
  private final String listener;
  private final LongAdder open = new LongAdder();
  private final LongAdder accepted;
  private final Map<CloseCause, LongAdder> closed = new EnumMap<>(CloseCause.class);
  private final Map<ErrorKind, LongAdder> errors = new EnumMap<>(ErrorKind.class);
  private final Map<ReadReason, LongAdder> reads = new EnumMap<>(ReadReason.class);
  private final Map<TopologyChange, LongAdder> changes = new EnumMap<>(TopologyChange.class);
  private final LongAdder slow;
  private final LongAdder accessRefused;
  private final LongAdder bytesIn;
  private final LongAdder bytesOut;
  private final RecoveryMeters recovery;
  private boolean showsTotals;

  ListenerMeters(MeterRegistry registry, String listener) {
    this.registry = registry;
    this.listener = listener;
    Tags tags = Tags.of("listener", listener);
    Gauge.builder("redis_proxy.clients", open, LongAdder::sum)
        .description("Clients connected")
        .tags(tags)
        .register(registry);
    accepted =
        Counters.register(registry, "redis_proxy.clients.accepted", "Clients that connected", tags);
    for (CloseCause cause : CloseCause.values()) {
      closed.put(
          cause,
          Counters.register(
              registry,
              "redis_proxy.clients.closed",
              "Clients whose connection ended, by cause",
              tags.and("cause", cause.label())));
    }
    for (ErrorKind kind : ErrorKind.values()) {
      errors.put(
          kind,
          Counters.register(
              registry,
              "redis_proxy.errors",
              "Error replies that the proxy itself gave, by kind",
              tags.and("kind", kind.label())));
    }
    for (ReadReason reason : ReadReason.values()) {
      reads.put(
          reason,
          Counters.register(
              registry,
              "redis_proxy.reads",
              "Reads, by the reason why they went to a replica or the master",
              tags.and("reason", reason.label())));
    }
    for (TopologyChange change : TopologyChange.values()) {
      changes.put(
          change,
          Counters.register(
              registry,
              "redis_proxy.topology.changes",
              "Changes of the listener's nodes, each of which the log tells",
              tags.and("change", change.label())));
    }
    slow =
        Counters.register(
            registry,
            "redis_proxy.slow",
            "Runs of requests that took longer than the slow log's threshold",
            tags);
    accessRefused =
        Counters.register(
            registry,
            "redis_proxy.access.refused",
            "Attempts to connect to a node with changed credentials or TLS that failed",
            tags);
    bytesIn = bytes(registry, tags.and("direction", "in"));
    bytesOut = bytes(registry, tags.and("direction", "out"));
    recovery = new RecoveryMeters(registry, tags);
  }

  /** What is counted of requests whose node failed. */
  public RecoveryMeters recovery() {
    return recovery;
  }

  /** The listener's name. */
  public String listener() {
    return listener;
  }

  /** Where the sums over the clients come from; it is asked when the metrics are read. */
  public synchronized void clientTotals(Supplier<ClientTotals> totals) {
    if (showsTotals) {
      return;
    }
    showsTotals = true;
    totals("blocked", "Clients that wait in a blocking command", totals, ClientTotals::blocked);
    totals("pinned", "Clients with a connection of their own", totals, ClientTotals::pinned);
    totals(
        "output.bytes",
        "Bytes of replies that clients have not taken",
        totals,
        ClientTotals::outputBytes);
    totals(
        "output.largest.bytes",
        "Bytes of replies that the client with the most has not taken",
        totals,
        ClientTotals::largestOutput);
  }

  private void totals(
      String name,
      String description,
      Supplier<ClientTotals> totals,
      ToDoubleFunction<ClientTotals> value) {
    Gauge.builder("redis_proxy.clients." + name, totals, from -> value.applyAsDouble(from.get()))
        .description(description)
        .tags("listener", listener)
        .strongReference(true)
        .register(registry);
  }

  private static LongAdder bytes(MeterRegistry registry, Tags tags) {
    return Counters.register(
        registry,
        "redis_proxy.client.bytes",
        "Bytes received from clients (in) and sent to them (out)",
        tags);
  }

  public void onAccepted() {
    accepted.increment();
    open.increment();
  }

  public void onClosed(CloseCause cause) {
    open.decrement();
    closed.get(cause).increment();
  }

  /** Reads are sent where they are for a reason. */
  public void onReads(ReadReason reason, int count) {
    if (count > 0) {
      reads.get(reason).add(count);
    }
  }

  public void onErrors(ErrorKind kind, int count) {
    errors.get(kind).add(count);
  }

  public void onChange(TopologyChange change) {
    changes.get(change).increment();
  }

  /** Requests took longer than they should. */
  public void onSlow() {
    slow.increment();
  }

  /** A node does not take changed credentials, or TLS. */
  public void onAccessRefused() {
    accessRefused.increment();
  }

  public void bytesIn(int bytes) {
    bytesIn.add(bytes);
  }

  public void bytesOut(int bytes) {
    bytesOut.add(bytes);
  }
}
