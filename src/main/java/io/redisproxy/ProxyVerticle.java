package io.redisproxy;

import io.netty.channel.EventLoop;
import io.netty.util.internal.PlatformDependent;
import io.redisproxy.command.CommandRules;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.consistency.LoopWrites;
import io.redisproxy.consistency.Rounds;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.listener.Listener;
import io.redisproxy.metrics.ListenerMeters;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.route.Router;
import io.redisproxy.session.Backend;
import io.redisproxy.session.ClientRegistry;
import io.redisproxy.session.DirectMemory;
import io.redisproxy.session.KeySlots;
import io.redisproxy.session.Session;
import io.redisproxy.topology.HealthMonitor;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.FlushQueue;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodePool;
import io.redisproxy.upstream.NodePools;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * All that one event loop does: every listener's port, and connections to every node that these
 * clients alone share. Nothing on the way of a request is shared with another event loop.
 */
final class ProxyVerticle extends AbstractVerticle {

  /**
   * A listener, with what its event loops have in common.
   *
   * @param consistency what reads are held to, here or at a listener with the same master; null if
   *     neither is
   * @param holdsReads whether they are here
   */
  record Served(
      ListenerConfig config,
      CommandRules rules,
      NodeGroup group,
      GroupConsistency consistency,
      boolean holdsReads,
      ListenerMeters meters) {

    /** What the node is told of sessions that bring no login; null if nothing. */
    Login loginAt(NodeAddress node) {
      return config.credentialsOf(node).map(Login::of).orElse(null);
    }

    /** What the node is told when it is asked for its health, or how far it is; null if nothing. */
    Login probeLoginAt(NodeAddress node) {
      return config.probeCredentialsOf(node).map(Login::of).orElse(null);
    }
  }

  /** How long clients are kept waiting at the start until it is known which node is the master. */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(1);

  private final int index;
  private final List<Served> listeners;
  private final ProxySettings settings;
  private final ProxyMeters meters;
  private final ClientRegistry clients;

  private final List<Runnable> closing = new ArrayList<>();
  private final Map<WriteTable, LoopWrites> writes = new HashMap<>();
  private final List<HealthMonitor> monitors = new ArrayList<>();
  private final List<Rounds> rounds = new ArrayList<>();
  private EventLoop loop;
  private DirectMemory memory;
  private NodeConnector connector;
  private FlushQueue flushQueue;
  private NodePools pools;

  /** {@code index}: the first event loop, 0, also probes the nodes. */
  ProxyVerticle(
      int index,
      List<Served> listeners,
      ProxySettings settings,
      ProxyMeters meters,
      ClientRegistry clients) {
    this.index = index;
    this.listeners = listeners;
    this.settings = settings;
    this.meters = meters;
    this.clients = clients;
  }

  @Override
  public void start(Promise<Void> started) {
    loop = ((ContextInternal) context).nettyEventLoop();
    connector = new NodeConnector(vertx, settings.node().connectTimeout());
    flushQueue = new FlushQueue(loop);
    pools =
        new NodePools(
            connector,
            flushQueue,
            meters,
            new NodePool.Options(
                settings.node().reconnectMin(),
                settings.node().reconnectMax(),
                settings.client().slowTimeout(),
                settings.node().maxPinned(),
                settings.node().pinnedIdle()));
    memory = new DirectMemory(PlatformDependent.maxDirectMemory());
    if (index == 0) {
      listeners.forEach(this::monitor);
    }
    List<Future<Listener>> opening =
        listeners.stream()
            .map(listener -> known(listener).compose(nothing -> open(listener)))
            .toList();
    Future.join(opening).<Void>mapEmpty().onComplete(started);
  }

  @Override
  public void stop() {
    monitors.forEach(HealthMonitor::close);
    rounds.forEach(Rounds::close);
    closing.forEach(Runnable::run);
    pools.close();
  }

  /** Clients that come first shall not be told that no master is known; but none waits for long. */
  private Future<Void> known(Served listener) {
    Promise<Void> known = Promise.promise();
    connector.schedule(FIRST_LOOK, known::tryComplete);
    listener.group().onceKnown().thenRun(() -> connector.execute(known::tryComplete));
    return known.future();
  }

  private Future<Listener> open(Served listener) {
    int port = listener.config().port();
    Session.Shared shared =
        new Session.Shared(
            backend(listener),
            listener.rules(),
            listener.config().auth(),
            flushQueue,
            listener.meters(),
            settings.client().outputLimit().asLongValue(),
            settings.client().inputLimit().asLongValue(),
            settings.client().subscriberTimeout(),
            settings.client().halfClosedTimeout(),
            settings.client().maxSharedRequest().asLongValue(),
            memory,
            clients);
    return Listener.open(vertx, settings.bindHost(), port, shared)
        .recover(
            cause ->
                Future.failedFuture(
                    new StartException(
                        "port " + port + " can't be opened: " + cause.getMessage())));
  }

  private Backend backend(Served listener) {
    NodeGroup group = listener.group();
    Backend backend =
        new Backend(
            new Router(
                group,
                listener.holdsReads() ? listener.consistency() : null,
                listener.config().reads(),
                settings.zone().orElse(""),
                index),
            new ListenerNodes(listener, pools, meters),
            keys(listener),
            connector,
            settings.node().identityIdle());
    Consumer<Topology> onChange = topology -> loop.execute(backend::onTopology);
    group.onChange(onChange);
    closing.add(() -> group.forget(onChange));
    return backend;
  }

  private KeySlots keys(Served listener) {
    GroupConsistency consistency = listener.consistency();
    return consistency == null
        ? null
        : new KeySlots(
            consistency,
            writes.computeIfAbsent(consistency.table(), WriteTable::newPart),
            listener.holdsReads());
  }

  private void monitor(Served listener) {
    HealthMonitor monitor =
        new HealthMonitor(
            listener.group(),
            listener::probeLoginAt,
            connector,
            listener.config().health().probeInterval().orElse(settings.probe().interval()),
            listener.config().health().probeTimeout().orElse(settings.probe().timeout()));
    monitors.add(monitor);
    if (listener.holdsReads()) {
      measure(listener, monitor);
    }
    monitor.start();
  }

  private void measure(Served listener, HealthMonitor monitor) {
    Rounds measuring =
        new Rounds(
            listener.group(),
            listener::probeLoginAt,
            listener.consistency().table(),
            connector,
            loop,
            meters.rounds(listener.group().name()),
            new Rounds.Options(settings.sampling().interval(), settings.probe().timeout()));
    rounds.add(measuring);
    monitor.onHistory(measuring::onProbed);
    listener.consistency().measureBy(measuring);
    measuring.start();
  }
}
