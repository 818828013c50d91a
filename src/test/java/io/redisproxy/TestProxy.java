package io.redisproxy;

import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.redisproxy.admin.Reloaded;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.Consistency;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.config.Resilience;
import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.metrics.ReloadMeters;
import io.redisproxy.session.Insight;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.NodeGroups;
import io.redisproxy.topology.NodeState;
import io.redisproxy.topology.Topology;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;

/** The proxy in this JVM, as the application wires it, with one listener if not said otherwise. */
public final class TestProxy implements AutoCloseable {
  private final Vertx vertx;
  private final Proxy proxy;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final int port = FreePorts.next();
  private final int otherPort = FreePorts.next();
  private final ProxySettings settings;
  private Reloads reloads;

  private TestProxy(Map<String, String> overrides) {
    Map<String, String> properties = new HashMap<>();
    properties.put("redis-proxy.bind-host", "127.0.0.1");
    properties.put("redis-proxy.event-loops", "2");
    properties.put("redis-proxy.probe.interval", "50ms");
    overrides.forEach((key, value) -> properties.put("redis-proxy." + key, value));
    settings =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(ProxySettings.class)
            .withSources(new PropertiesConfigSource(properties, "test", 500))
            .build()
            .getConfigMapping(ProxySettings.class);
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    proxy = new Proxy(vertx, settings, registry);
    registry.getPrometheusRegistry().register(proxy.insight().commands());
    registry.getPrometheusRegistry().register(proxy.meters().latencies());
  }

  /** In front of a group; returns when it has found all nodes healthy and is connected to them. */
  public static TestProxy start(RedisGroup group) {
    return start(group, Map.of());
  }

  /** {@code settings}: properties without their prefix {@code redis-proxy}. */
  public static TestProxy start(RedisGroup group, Map<String, String> settings) {
    return start(
        settings,
        group.master().port(),
        group.replicas().stream().mapToInt(RedisNode::port).toArray());
  }

  /** In front of nodes by their ports, which may be those of relays. */
  public static TestProxy start(Map<String, String> settings, int master, int... replicas) {
    return start(settings, UnaryOperator.identity(), master, replicas);
  }

  /** {@code refined}: says more about the listener than its nodes. */
  public static TestProxy start(
      RedisGroup group, Map<String, String> settings, UnaryOperator<ListenerConfig> refined) {
    return start(
        settings,
        refined,
        group.master().port(),
        group.replicas().stream().mapToInt(RedisNode::port).toArray());
  }

  /** Reads are shared among the nodes in another way. */
  public static ListenerConfig preferring(ListenerConfig config, ReadPreference reads) {
    return ListenerBuilder.like(config).reads(reads).build();
  }

  /** Reads may go to any replica at once, so that a test can tell where they went. */
  public static ListenerConfig eventual(ListenerConfig config) {
    return ListenerBuilder.like(config).consistency(Consistency.EVENTUAL).build();
  }

  /** What is done about requests whose node fails. */
  public static UnaryOperator<ListenerConfig> resilient(Resilience resilience) {
    return config -> ListenerBuilder.like(config).resilience(resilience).build();
  }

  /** In front of nodes by their ports; {@code refined}: says more about the listener. */
  public static TestProxy start(
      Map<String, String> settings,
      UnaryOperator<ListenerConfig> refined,
      int master,
      int... replicas) {
    TestProxy proxy = new TestProxy(settings);
    proxy.open(List.of(refined.apply(config(proxy.port, master, replicas))));
    return proxy;
  }

  /** With the listener that is made for a port; doesn't wait for its nodes. */
  public static TestProxy startAtOnce(
      Map<String, String> settings, IntFunction<ListenerConfig> listener) {
    TestProxy proxy = new TestProxy(settings);
    proxy.proxy.start(List.of(listener.apply(proxy.port)));
    return proxy;
  }

  /**
   * As {@link #start}, with another listener, at {@link #otherPort}, in front of the same nodes.
   */
  public static TestProxy startTwoListeners(
      Map<String, String> settings,
      UnaryOperator<ListenerConfig> refined,
      int master,
      int... replicas) {
    return startTwoListeners(settings, refined, refined, master, replicas);
  }

  /** {@code otherRefined}: says more about the listener at {@link #otherPort}. */
  public static TestProxy startTwoListeners(
      Map<String, String> settings,
      UnaryOperator<ListenerConfig> refined,
      UnaryOperator<ListenerConfig> otherRefined,
      int master,
      int... replicas) {
    TestProxy proxy = new TestProxy(settings);
    proxy.open(
        List.of(
            refined.apply(config(proxy.port, master, replicas)),
            otherRefined.apply(config(proxy.otherPort, master, replicas))));
    return proxy;
  }

  /** With the listeners of a file, which is looked at often; its ports are the test's choice. */
  public static TestProxy startFrom(Path file, Map<String, String> settings) {
    TestProxy proxy = new TestProxy(settings);
    proxy.open(ConfigLoader.load(file));
    proxy.reloads = new Reloads(proxy.proxy, Optional.of(file), new ReloadMeters(proxy.registry));
    proxy.reloads.watch(Duration.ofMillis(20));
    return proxy;
  }

  private static ListenerConfig config(int port, int master, int... replicas) {
    return new ListenerConfig(
        port,
        address(master),
        java.util.Arrays.stream(replicas).mapToObj(TestProxy::address).toList());
  }

  private void open(List<ListenerConfig> listeners) {
    proxy.start(listeners);
    await().until(this::allHealthy);
    await().until(this::allConnected);
  }

  public int port() {
    return port;
  }

  /** The port of the other listener, if there is one. */
  public int otherPort() {
    return otherPort;
  }

  public RawClient connect() throws IOException {
    return new RawClient(port);
  }

  /** Whether the probes find a replica fit to be read from. */
  public boolean isReadable(int replica) {
    return java.util.Arrays.stream(proxy.groups().get(0).topology().readable())
        .anyMatch(node -> node == replica + 1);
  }

  public boolean allHealthy() {
    return proxy.groups().stream()
        .flatMap(group -> group.topology().nodes().stream())
        .filter(NodeState::isMember)
        .allMatch(NodeState::isHealthy);
  }

  /** Whether it has asked the node that is listed as the master since then, and found it to be. */
  public boolean hasSeenMaster(long sinceNanos) {
    Topology topology = proxy.groups().get(0).topology();
    NodeState master = topology.nodes().get(NodeGroup.MASTER);
    return topology.master() == NodeGroup.MASTER
        && master.isHealthy()
        && master.askedAt() - sinceNanos >= 0;
  }

  private boolean allConnected() {
    return registry.find("redis_proxy.node.connections").gauges().stream()
        .allMatch(gauge -> gauge.value() >= settings.eventLoops().getAsInt());
  }

  /** What came of the last look at the file at which something was new; null before. */
  Reloaded lastReload() {
    return reloads.last().orElse(null);
  }

  public void probe(String reason) {
    proxy.probe(reason);
  }

  Reloaded reload() {
    return reloads.reload("a test");
  }

  /** The listeners that are open. */
  List<ListenerConfig> listeners() {
    return proxy.listeners();
  }

  /** The nodes of the listener. */
  public NodeGroup group() {
    return proxy.groups().get(0);
  }

  /** The sum of all counters of a name with these tags. */
  public double counted(String name, String... tags) {
    return registry.find(name).tags(tags).functionCounters().stream()
        .mapToDouble(FunctionCounter::count)
        .sum();
  }

  /** The sum of all gauges of a name. */
  public double gauge(String name) {
    return registry.find(name).gauges().stream().mapToDouble(gauge -> gauge.value()).sum();
  }

  public NodeGroups groups() {
    return proxy;
  }

  public Insight insight() {
    return proxy.insight();
  }

  public PrometheusMeterRegistry registry() {
    return registry;
  }

  /** What the metrics endpoint would serve. */
  public String scrape() {
    return registry.scrape();
  }

  /** Lets all clients go; done when they are gone. */
  public CompletableFuture<Void> drain() {
    return CompletableFuture.runAsync(
        () -> {
          try {
            proxy.drain();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        },
        task -> new Thread(task, "drain").start());
  }

  @Override
  public void close() {
    if (reloads != null) {
      reloads.close();
    }
    proxy.stop();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** A server of this machine. */
  static NodeAddress address(int port) {
    return new NodeAddress("127.0.0.1", port);
  }
}
