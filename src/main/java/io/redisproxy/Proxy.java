package io.redisproxy;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.internal.PlatformDependent;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.listener.Listener;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.session.ClientDrain;
import io.redisproxy.session.ClientRegistry;
import io.redisproxy.session.DirectMemory;
import io.redisproxy.session.Eviction;
import io.redisproxy.session.Insight;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.NodeGroups;
import io.redisproxy.trace.TraceExport;
import io.redisproxy.trace.Traces;
import io.redisproxy.upstream.ConnectionLimit;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.time.Duration;
import java.util.List;
import org.jboss.logging.Logger;

/** Builds the proxy from its configuration, opens the ports, and closes them again. */
@ApplicationScoped
public class Proxy implements NodeGroups {
  private static final Logger LOG = Logger.getLogger(Proxy.class);

  private static final boolean IS_LINUX = System.getProperty("os.name").equals("Linux");

  private final Vertx vertx;
  private final ProxySettings settings;
  private final ProxyMeters meters;
  private final ClientRegistry clients = new ClientRegistry();
  private final Eviction eviction =
      new Eviction(new DirectMemory(PlatformDependent.maxDirectMemory()), clients);
  private final Traces traces;
  private final Insight insight;
  private final EventLoops eventLoops;
  private final Transition transition;
  private final Surroundings surroundings;

  private volatile List<Served> open = List.of();

  Proxy(Vertx vertx, ProxySettings settings, MeterRegistry registry) {
    this.vertx = vertx;
    this.settings = settings;
    meters = new ProxyMeters(registry);
    traces = TraceExport.of(settings.traces(), registry);
    insight = new Insight(settings.slowLog().threshold(), settings.slowLog().length(), traces);
    eventLoops = new EventLoops(vertx);
    transition = new Transition(vertx, eventLoops, clients, settings);
    surroundings = Surroundings.of(settings);
  }

  @Override
  public List<NodeGroup> groups() {
    return open.stream().map(Served::group).toList();
  }

  /** What is counted of listeners and nodes. */
  @Produces
  ProxyMeters meters() {
    return meters;
  }

  /** What is noted of requests. */
  @Produces
  Insight insight() {
    return insight;
  }

  /** Opens the listeners' ports; returns when clients can connect. */
  void start(List<ListenerConfig> configs) {
    if (IS_LINUX && !vertx.isNativeTransportEnabled()) {
      LOG.warnf(
          "epoll can't be used, so that requests take more CPU time; its library is unpacked into"
              + " %s: is that mounted noexec?",
          System.getProperty("java.io.tmpdir"));
    }
    List<Served> listeners = plan(configs).open();
    listeners.forEach(Served::show);
    listeners.forEach(this::showClients);
    open = listeners;
    int loops =
        settings.eventLoops().orElse(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    ProcessWide process =
        new ProcessWide(
            loops,
            settings,
            meters,
            clients,
            eviction,
            ConnectionLimit.ofProcess(),
            insight,
            surroundings);
    eventLoops.start(loops, index -> new ProxyVerticle(index, process, listeners));
    surroundings.zone().start();
    listeners.forEach(this::tellOpen);
  }

  /**
   * Works by another configuration from now on, for the clients who are there, too; who can't stay
   * is let go in the background.
   *
   * @return what is different, in a line for each listener
   * @throws StartException if it can't be done; then nothing has changed
   */
  synchronized List<String> change(List<ListenerConfig> configs) {
    ListenerPlan plan = plan(configs);
    transition.carryOut(plan);
    open = plan.open();
    plan.open().forEach(this::showClients);
    plan.added().forEach(this::tellOpen);
    return plan.describe();
  }

  private ListenerPlan plan(List<ListenerConfig> configs) {
    return ListenerPlan.of(open, transition.leaving(), configs, meters);
  }

  private void showClients(Served listener) {
    String name = listener.group().name();
    listener.meters().clientTotals(() -> clients.totals(name));
  }

  private void tellOpen(Served listener) {
    ListenerConfig config = listener.config();
    LOG.infof(
        "listening on %s:%d, %s",
        settings.bindHost(),
        config.port(),
        config
            .sentinel()
            .map(sentinel -> "nodes of " + sentinel)
            .or(() -> config.kubernetes().map(Object::toString))
            .orElse("master " + config.master() + ", replicas " + config.replicas()));
  }

  /** Probes all nodes now, for a reason in words. */
  void probe(String reason) {
    for (NodeGroup group : groups()) {
      group.topology().memberIndices().forEach(node -> group.suspect(node, reason));
    }
  }

  /** Those that are open. */
  List<ListenerConfig> listeners() {
    return open.stream().map(Served::config).toList();
  }

  /**
   * Lets all clients go, and takes no more after the delay for those who send them. Returns when
   * they are gone, or had to be cut off.
   */
  void drain() throws InterruptedException {
    Duration delay = settings.drain().delay();
    Duration timeout = settings.drain().timeout();
    LOG.infof(
        "draining: no more clients in %d ms; those who are here have %d ms then to come to an end",
        delay.toMillis(), timeout.toMillis());
    Thread.sleep(delay.toMillis());
    for (Served listener : open) {
      EventLoops.await(Listener.stopAccepting(vertx, listener.port()));
    }
    int cutOff = new ClientDrain(clients, port -> true).run(timeout);
    if (cutOff > 0) {
      LOG.warnf("drained; %d clients were cut off", cutOff);
    } else {
      LOG.info("drained; all clients have gone");
    }
  }

  /** See {@link LoopWatch#stuck}. */
  List<Integer> stuckLoops() {
    return eventLoops.stuck();
  }

  /** Closes the ports and all connections. */
  void stop() {
    transition.finish();
    eventLoops.stop();
    surroundings.zone().close();
    if (traces != null) {
      traces.close();
    }
  }
}
