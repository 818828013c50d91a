package io.redisproxy.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What is counted of one listener's clients. */
public final class ListenerMeters {
  private final LongAdder open = new LongAdder();
  private final Counter accepted;
  private final Map<CloseCause, Counter> closed = new EnumMap<>(CloseCause.class);
  private final Map<ErrorKind, Counter> errors = new EnumMap<>(ErrorKind.class);
  private final Counter bytesIn;
  private final Counter bytesOut;

  ListenerMeters(MeterRegistry registry, String listener) {
    Gauge.builder("redis_proxy.clients", open, LongAdder::sum)
        .description("Clients connected")
        .tag("listener", listener)
        .register(registry);
    accepted =
        Counter.builder("redis_proxy.clients.accepted")
            .description("Clients that connected")
            .tag("listener", listener)
            .register(registry);
    for (CloseCause cause : CloseCause.values()) {
      closed.put(
          cause,
          Counter.builder("redis_proxy.clients.closed")
              .description("Clients whose connection ended, by cause")
              .tags("listener", listener, "cause", cause.label())
              .register(registry));
    }
    for (ErrorKind kind : ErrorKind.values()) {
      errors.put(
          kind,
          Counter.builder("redis_proxy.errors")
              .description("Error replies that the proxy itself gave, by kind")
              .tags("listener", listener, "kind", kind.label())
              .register(registry));
    }
    bytesIn = bytes(registry, listener, "in");
    bytesOut = bytes(registry, listener, "out");
  }

  private static Counter bytes(MeterRegistry registry, String listener, String direction) {
    return Counter.builder("redis_proxy.client.bytes")
        .description("Bytes received from clients (in) and sent to them (out)")
        .tags("listener", listener, "direction", direction)
        .register(registry);
  }

  public void onAccepted() {
    accepted.increment();
    open.increment();
  }

  public void onClosed(CloseCause cause) {
    open.decrement();
    closed.get(cause).increment();
  }

  public void onErrors(ErrorKind kind, int count) {
    errors.get(kind).increment(count);
  }

  public void bytesIn(int bytes) {
    bytesIn.increment(bytes);
  }

  public void bytesOut(int bytes) {
    bytesOut.increment(bytes);
  }
}
