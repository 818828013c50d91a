package io.redisproxy.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of the connections to one node. */
public final class NodeMeters {
  private final LongAdder bytesIn;
  private final LongAdder bytesOut;
  private final LongAdder connected;
  private final LongAdder lost;
  private final LongAdder errorReplies;
  private final LongAdder pinned = new LongAdder();
  private final LongAdder pinWaits = new LongAdder();
  private final LongAdder connections = new LongAdder();
  private final LongAdder inFlight = new LongAdder();

  NodeMeters(MeterRegistry registry, String node) {
    Tags tags = Tags.of("node", node);
    bytesIn = bytes(registry, tags.and("direction", "in"));
    bytesOut = bytes(registry, tags.and("direction", "out"));
    connected =
        Counters.register(
            registry, "redis_proxy.node.connects", "Connections made to a node", tags);
    lost =
        Counters.register(
            registry,
            "redis_proxy.node.connection.losses",
            "Shared connections to a node that were lost or could not be made",
            tags);
    errorReplies =
        Counters.register(
            registry,
            "redis_proxy.node.error.replies",
            "Error replies that a node gave to requests on shared connections",
            tags);
    Gauge.builder("redis_proxy.node.pinned", pinned, LongAdder::sum)
        .description("Connections that a client has to itself")
        .tags(tags)
        .register(registry);
    Gauge.builder("redis_proxy.node.pinned.waiting", pinWaits, LongAdder::sum)
        .description("Clients that wait for a connection of their own, since there are too many")
        .tags(tags)
        .register(registry);
    Gauge.builder("redis_proxy.node.connections", connections, LongAdder::sum)
        .description("Connections to a node that are open, shared and pinned ones")
        .tags(tags)
        .register(registry);
    Gauge.builder("redis_proxy.node.in.flight", inFlight, LongAdder::sum)
        .description("Requests on shared connections that a node has not answered")
        .tags(tags)
        .register(registry);
  }

  /** What an event loop has now, as differences from what it told before. */
  public void onSampled(int moreConnections, int moreInFlight) {
    connections.add(moreConnections);
    inFlight.add(moreInFlight);
  }

  private static LongAdder bytes(MeterRegistry registry, Tags tags) {
    return Counters.register(
        registry,
        "redis_proxy.node.bytes",
        "Bytes received from a node (in) and sent to it (out)",
        tags);
  }

  public void bytesIn(int bytes) {
    bytesIn.add(bytes);
  }

  public void bytesOut(int bytes) {
    bytesOut.add(bytes);
  }

  public void onConnected() {
    connected.increment();
  }

  public void onLost() {
    lost.increment();
  }

  public void onPinned() {
    pinned.increment();
  }

  public void onUnpinned() {
    pinned.decrement();
  }

  public void onPinWaits() {
    pinWaits.increment();
  }

  public void onPinWaitEnds() {
    pinWaits.decrement();
  }

  /** How many more of the replies were errors; mostly none. */
  public void errorReplies(long errors) {
    if (errors > 0) {
      errorReplies.add(errors);
    }
  }
}
