package io.redisproxy.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.prometheus.client.Collector;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;

/**
 * The meters of listeners and nodes: for the same names always the same object, on every event
 * loop.
 */
public final class ProxyMeters {
  private static final String CERTIFICATE = "redis_proxy.tls.certificate.expiry.timestamp";

  private final MeterRegistry registry;
  private final Map<String, ListenerMeters> listeners = new ConcurrentHashMap<>();
  private final Map<String, RoundMeters> rounds = new ConcurrentHashMap<>();
  private final Map<String, NodeMeters> nodes = new ConcurrentHashMap<>();
  private final Map<RequestsOf, RequestTotals> requests = new ConcurrentHashMap<>();
  private final Map<Integer, LoopMeters> loops = new ConcurrentHashMap<>();

  public ProxyMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  public LoopMeters eventLoop(int eventLoop) {
    return loops.computeIfAbsent(eventLoop, index -> new LoopMeters(registry, index));
  }

  public ListenerMeters listener(String listener) {
    return listeners.computeIfAbsent(listener, name -> new ListenerMeters(registry, name));
  }

  public RoundMeters rounds(String listener) {
    return rounds.computeIfAbsent(listener, name -> new RoundMeters(registry, name));
  }

  public NodeMeters node(String node) {
    return nodes.computeIfAbsent(node, name -> new NodeMeters(registry, name));
  }

  /** What an event loop counts of the requests that a listener sends to a node in a role. */
  public RequestMeters requests(String listener, String node, String role, int eventLoop) {
    return requests(listener, node, role).of(eventLoop);
  }

  private RequestTotals requests(String listener, String node, String role) {
    return requests.computeIfAbsent(
        new RequestsOf(listener, node, role),
        names ->
            new RequestTotals(registry, Tags.of("listener", listener, "node", node, "role", role)));
  }

  /** Has what is counted of the requests to a node shown, before there are any. */
  public void showRequests(String listener, String node, String role) {
    requests(listener, node, role);
  }

  /** How long the nodes take to answer. */
  public Collector latencies() {
    return new RequestLatencies(requests);
  }

  /** Of the connections to no node; not to be seen anywhere. */
  public NodeMeters unseenNode() {
    return new NodeMeters(nowhere(), "none");
  }

  /** A composite of nothing keeps nothing; one for each, as a registry warns of the same twice. */
  private static MeterRegistry nowhere() {
    return new CompositeMeterRegistry();
  }

  /** Whether a node is up for a listener: reads and writes for a master, reads for a replica. */
  public void nodeUp(String listener, String node, String role, BooleanSupplier up) {
    gauge(
        "redis_proxy.node.up",
        "1 while a listener uses the node, 0 while it is down or not in sync",
        null,
        Tags.of("listener", listener, "node", node, "role", role),
        () -> up.getAsBoolean() ? 1 : 0);
  }

  /** What the probes of a node measure; NaN for what is not known. */
  public void nodeProbes(
      String listener,
      String node,
      DoubleSupplier lagBytes,
      DoubleSupplier lagSeconds,
      DoubleSupplier silenceSeconds,
      DoubleSupplier latencySeconds) {
    Tags tags = Tags.of("listener", listener, "node", node);
    gauge(
        "redis_proxy.node.lag.bytes",
        "How much less of the master's history a replica has",
        "bytes",
        tags,
        lagBytes);
    gauge(
        "redis_proxy.node.lag.seconds",
        "For how long a replica has lacked something that the master has",
        "seconds",
        tags,
        lagSeconds);
    gauge(
        "redis_proxy.node.silence",
        "How long a replica has heard nothing from its master, or has had no link to it",
        "seconds",
        tags,
        silenceSeconds);
    gauge(
        "redis_proxy.node.latency",
        "How long a node takes to answer a probe, on average over the last ones",
        "seconds",
        tags,
        latencySeconds);
  }

  /**
   * Until when a certificate is valid, or the first of its chain to end.
   *
   * @param use the key of the listener's configuration that names it
   */
  public void certificate(String listener, String use, Instant end) {
    gauge(
        CERTIFICATE,
        "When the certificate ends, or the first of its chain, in seconds since 1970",
        "seconds",
        Tags.of("listener", listener, "use", use),
        end::getEpochSecond);
  }

  /** The certificate is another one from now on, or there is none. */
  public void forgetCertificate(String listener, String use) {
    registry
        .find(CERTIFICATE)
        .tags("listener", listener, "use", use)
        .gauges()
        .forEach(registry::remove);
  }

  private void gauge(
      String name, String description, String unit, Tags tags, DoubleSupplier value) {
    Gauge.builder(name, value, DoubleSupplier::getAsDouble)
        .description(description)
        .baseUnit(unit)
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  /** The node has another role from now on, or has left. */
  public void forgetNodeUp(String listener, String node) {
    forget("redis_proxy.node.up", listener, node);
  }

  /** The node is not shown any more; what was counted of it is. */
  public void forgetNodeProbes(String listener, String node) {
    forget("redis_proxy.node.lag.bytes", listener, node);
    forget("redis_proxy.node.lag.seconds", listener, node);
    forget("redis_proxy.node.silence", listener, node);
    forget("redis_proxy.node.latency", listener, node);
  }

  /**
   * The node has left, and with it goes all that is counted of it: in some clusters nodes come with
   * new addresses for ever.
   */
  public void forgetNode(String listener, String node) {
    requests.keySet().removeIf(names -> names.isOf(listener, node));
    remove(node, listener);
    if (requests.keySet().stream().noneMatch(names -> names.node().equals(node))) {
      nodes.remove(node);
      remove(node, null);
    }
  }

  private void remove(String node, String listener) {
    registry.getMeters().stream()
        .filter(meter -> node.equals(meter.getId().getTag("node")))
        .filter(meter -> Objects.equals(listener, meter.getId().getTag("listener")))
        .forEach(registry::remove);
  }

  private void forget(String name, String listener, String node) {
    registry.find(name).tags("listener", listener, "node", node).gauges().forEach(registry::remove);
  }
}
