package io.redisproxy;

import static java.util.stream.Collectors.toSet;

import io.netty.channel.EventLoop;
import io.redisproxy.config.DnsServers;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.listener.Listener;
import io.redisproxy.session.ReadTurns;
import io.redisproxy.session.SessionContext;
import io.redisproxy.tls.TlsHandshake;
import io.redisproxy.upstream.FlushQueue;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodePool;
import io.redisproxy.upstream.NodePools;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.impl.ContextInternal;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * All that one event loop does: every listener's port, and connections to every node that these
 * clients alone share. Nothing on the way of a request is shared with another event loop.
 */
final class ProxyVerticle extends AbstractVerticle {
  /** How long clients are kept waiting at the start until it is known which node is the master. */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(1);

  private final int index;
  private final ProcessWide process;
  private final List<Served> listeners;

  /** Those that are open, and those whose clients have not all gone. */
  private final Map<Served, LoopListener> here = new HashMap<>();

  private final Map<Integer, Listener> ports = new HashMap<>();
  private final LoopClock clock;
  private Loop loop;

  /**
   * {@code index}: the first event loop, 0, also finds and probes the nodes, and has an eye on all
   * clients.
   */
  ProxyVerticle(int index, ProcessWide process, List<Served> listeners) {
    this.index = index;
    this.process = process;
    this.listeners = listeners;
    clock = new LoopClock(process.meters().eventLoop(index), this::tick);
  }

  @Override
  public void start(Promise<Void> started) {
    ProxySettings settings = process.settings();
    EventLoop eventLoop = ((ContextInternal) context).nettyEventLoop();
    NodeConnector connector =
        new NodeConnector(
            vertx,
            new NodeConnector.Options(
                settings.node().connectTimeout(),
                settings.node().tcpUserTimeout(),
                DnsServers.of(settings.dns())),
            process.limit());
    FlushQueue flushQueue = new FlushQueue(eventLoop);
    NodePools pools =
        new NodePools(
            connector,
            flushQueue,
            process.meters(),
            new NodePool.Options(
                settings.node().reconnectMin(),
                settings.node().reconnectMax(),
                settings.client().slowTimeout(),
                settings.node().maxPinned(),
                settings.node().pinnedIdle()));
    loop =
        new Loop(
            index,
            process,
            eventLoop,
            connector,
            flushQueue,
            pools,
            new ReadTurns(process.eviction()),
            new HashMap<>());
    List<Future<Void>> opening = listeners.stream().map(this::openHere).toList();
    Future.join(opening).<Void>mapEmpty().onComplete(started);
    clock.start(vertx);
  }

  private void tick() {
    loop.pools().sample();
    loop.turns().tick();
    here.values().forEach(LoopListener::tick);
    if (index == 0) {
      process.eviction().tick();
    }
  }

  @Override
  public void stop() {
    here.values().forEach(LoopListener::stop);
    loop.pools().close();
  }

  /** See {@link LoopClock#ticks}. */
  long ticks() {
    return clock.ticks();
  }

  // What any thread may ask for; done when it is done here.

  Future<Void> open(Served listener) {
    return run(() -> openHere(listener));
  }

  /** See {@link LoopListener#onNodes}. */
  Future<Void> changeNodes(Served listener) {
    return change(listener, LoopListener::onNodes);
  }

  /** See {@link LoopListener#onChanged}. */
  Future<Void> change(Served listener) {
    return change(listener, LoopListener::onChanged);
  }

  /** See {@link LoopListener#hold}; nobody may be left of the listener's clients. */
  Future<Void> hold(Served going, WriteTable table) {
    return change(going, listener -> listener.hold(table));
  }

  /** See {@link LoopListener#release}. */
  Future<Void> release(Served going, WriteTable table) {
    return change(going, listener -> listener.release(table));
  }

  private Future<Void> change(Served served, Consumer<LoopListener> action) {
    return run(
        () -> {
          LoopListener listener = here.get(served);
          if (listener != null) {
            action.accept(listener);
          }
          return Future.succeededFuture();
        });
  }

  /** Clients that come to the port from now on are served by another listener. */
  Future<Void> replace(Served before, Served after) {
    return run(
        () -> {
          SessionContext shared = begin(after);
          return known(after)
              .onSuccess(
                  nothing -> {
                    here.get(before).stopMeasuring();
                    ports.get(after.port()).serve(shared, after::tls);
                  });
        });
  }

  /**
   * Nobody is left of the listener's clients.
   *
   * @param portToo whether the port is not another one's now
   */
  Future<Void> close(Served listener, boolean portToo) {
    return run(
        () -> {
          LoopListener left = here.remove(listener);
          if (left != null) {
            left.close();
          }
          Set<WriteTable> used = here.keySet().stream().map(Served::table).collect(toSet());
          loop.writes().keySet().retainAll(used);
          Listener port = portToo ? ports.remove(listener.port()) : null;
          return port == null ? Future.succeededFuture() : port.close();
        });
  }

  private Future<Void> run(Supplier<Future<Void>> action) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(
        nothing -> {
          try {
            action.get().onComplete(done);
          } catch (RuntimeException e) {
            done.fail(e);
          }
        });
    return done.future();
  }

  private SessionContext begin(Served listener) {
    LoopListener begun = new LoopListener(loop, listener);
    here.put(listener, begun);
    return begun.shared();
  }

  private TlsHandshake.Options handshakes() {
    return new TlsHandshake.Options(
        NodeConnector.workers(vertx), process.settings().client().handshakeTimeout());
  }

  /** Clients that come first shall not be told that no master is known; but none waits for long. */
  private Future<Void> known(Served listener) {
    NodeConnector connector = loop.connector();
    Promise<Void> known = Promise.promise();
    connector.schedule(FIRST_LOOK, known::tryComplete);
    listener.group().onceKnown().thenRun(() -> connector.execute(known::tryComplete));
    return known.future();
  }

  private Future<Void> openHere(Served listener) {
    int port = listener.port();
    SessionContext shared = begin(listener);
    return known(listener)
        .compose(
            nothing ->
                Listener.open(
                    vertx,
                    process.settings().bindHost(),
                    port,
                    handshakes(),
                    shared,
                    listener::tls))
        .onSuccess(opened -> ports.put(port, opened))
        .<Void>mapEmpty()
        .recover(
            cause ->
                Future.failedFuture(
                    new StartException(
                        "port " + port + " can't be opened: " + cause.getMessage())));
  }
}
