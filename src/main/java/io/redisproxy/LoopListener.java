package io.redisproxy;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.consistency.LoopWrites;
import io.redisproxy.consistency.Rounds;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.discovery.NodeSource;
import io.redisproxy.route.Router;
import io.redisproxy.session.Backend;
import io.redisproxy.session.KeySlots;
import io.redisproxy.session.LoopInsight;
import io.redisproxy.session.Recovery;
import io.redisproxy.session.SessionContext;
import io.redisproxy.session.Terms;
import io.redisproxy.topology.HealthMonitor;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.topology.Topology;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** What a listener's clients on one event loop share. All of it runs on that event loop. */
final class LoopListener {
  private static final Logger LOG = Logger.getLogger(LoopListener.class);
  private static final long SHORTEST_WATCH_MILLIS = 5;
  private static final int[] ANY_KEY = {WriteTable.ALL};

  private final Loop loop;
  private final ProcessWide process;
  private final Served served;
  private final Terms terms;
  private final LoopInsight insight;
  private final Backend backend;
  private final Consumer<Topology> onChange;
  private final AccessTrials trials;
  private final Runnable onTaken;
  private final LoginWatch logins;
  private final Runnable onEra = this::onEra;
  private final Consumer<String> onZone = this::onZone;
  private final Recovery recovery;
  private ScheduledFuture<?> watching;
  private HealthMonitor monitor;
  private NodeSource source;
  private boolean stopped;

  /** What all this works by, and what the nodes are by. */
  private ListenerConfig config;

  private ListenerConfig followed;

  /** The tables whose reads go to the master because of those who are here, and our parts. */
  private final Map<WriteTable, LoopWrites> held = new HashMap<>();

  private Rounds rounds;

  /** Connects to the nodes, and on the first event loop finds and probes them. */
  LoopListener(Loop loop, Served served) {
    this.loop = loop;
    process = loop.process();
    this.served = served;
    config = served.config();
    terms = new Terms(served.rules(), served.config().auth(), served.nilRechecks());
    NodeGroup group = served.group();
    // First, so that none is missed.
    process.surroundings().zone().onChange(onZone);
    insight = process.insight().of(group.name(), loop.index());
    backend =
        new Backend(
            new Router(
                group,
                served.holdsReads() ? served.consistency() : null,
                served.config().reads(),
                process.surroundings().zone().now(),
                served.names()::listed,
                loop.index()),
            new ListenerNodes(served, loop.pools(), process.meters(), loop.index()),
            keys(),
            loop.connector(),
            process.settings().node().identityIdle(),
            served.era());
    onChange = topology -> loop.eventLoop().execute(backend::onTopology);
    group.onChange(onChange);
    trials =
        new AccessTrials(
            served,
            loop.connector(),
            process.settings().probe().interval(),
            process.settings().probe().timeout());
    onTaken = () -> loop.eventLoop().execute(this::onAccess);
    served.whenTaken(onTaken);
    served.whenEraBegins(onEra);
    logins =
        new LoginWatch(
            served, loop.connector().secured(served::peerAt), process.settings().probe());
    recovery =
        new Recovery(
            served.config().resilience(),
            served.meters().recovery(),
            loop.connector(),
            process.loops(),
            process.settings().hold().maxBytes().asLongValue());
    watching = watchReads(served.config().resilience().readTimeout());
    monitor();
    followSource();
    if (loop.index() == 0) {
      logins.start();
    }
  }

  /** What the sessions get that begin from now on. */
  SessionContext shared() {
    ProxySettings.Client client = process.settings().client();
    return new SessionContext(
        backend,
        terms,
        loop.flushQueue(),
        served.meters(),
        client.outputLimit().asLongValue(),
        client.inputLimit().asLongValue(),
        client.subscriberTimeout(),
        client.halfClosedTimeout(),
        client.maxSharedRequest().asLongValue(),
        loop.turns(),
        loop.connector().limit(),
        process.clients().of(served.meters().listener()),
        served.registrations(),
        recovery,
        insight);
  }

  /** The listener's configuration is another one: its nodes are, or somebody else tells them. */
  void onNodes() {
    ListenerConfig next = served.config();
    boolean listsOthers = !next.nodes().equals(followed.nodes());
    if (listsOthers
        || !next.sentinel().equals(followed.sentinel())
        || !next.kubernetes().equals(followed.kubernetes())) {
      leaveSource();
      followSource();
      // Until somebody else has told the nodes they are those that were there.
      if (listsOthers && source == null && loop.index() == 0) {
        served.group().list(next);
      }
    }
  }

  /** The listener's configuration is another one, and the nodes are those that it says. */
  void onChanged() {
    ListenerConfig before = config;
    config = served.config();
    terms.change(served.rules(), config.auth(), served.nilRechecks());
    recovery.change(config.resilience());
    Duration readTimeout = config.resilience().readTimeout();
    if (!readTimeout.equals(before.resilience().readTimeout())) {
      watching.cancel(false);
      watching = watchReads(readTimeout);
    }
    if (!config.reads().equals(before.reads())) {
      backend.prefer(config.reads());
    }
    boolean judgesOtherwise = !config.health().equals(before.health());
    if (judgesOtherwise && loop.index() == 0) {
      served.group().limit(config.health());
    }
    if (source != null && !config.nodeTls().equals(before.nodeTls())) {
      source.reconnect();
    }
    if (hasOtherLogins(before)) {
      onAccess();
      if (loop.index() == 0) {
        trials.begin();
      }
    } else if (judgesOtherwise && monitor != null) {
      // What the replicas are known to have reached stays true.
      monitor.close();
      probe();
    }
  }

  /** Nodes may be connected to by something else from now on. */
  private void onAccess() {
    if (stopped) {
      return;
    }
    backend.onLogins();
    if (held.isEmpty()) {
      stopMonitoring();
      monitor();
    }
  }

  private boolean hasOtherLogins(ListenerConfig before) {
    return !config.credentials().equals(before.credentials())
        || !config.nodeCredentials().equals(before.nodeCredentials())
        || !config.probe().equals(before.probe())
        || !config.nodeTls().equals(before.nodeTls());
  }

  /** Done some times a second. */
  void tick() {
    insight.tick();
    backend.closeShutOut();
  }

  /** Replicas have reached nothing from now on: others write past what is known here. */
  void stopMeasuring() {
    if (rounds != null) {
      rounds.close();
      rounds = null;
    }
  }

  /**
   * What is read by others goes to the master as long as somebody is here, who writes past their
   * table; what is read here does, too, since they write past ours.
   */
  void hold(WriteTable table) {
    if (!held.containsKey(table)) {
      LoopWrites part = loop.partOf(table);
      part.begin(ANY_KEY, 1);
      held.put(table, part);
    }
    stopMeasuring();
  }

  /** It stays, after all. */
  void release(WriteTable table) {
    LoopWrites part = held.remove(table);
    if (part != null) {
      part.end(ANY_KEY, 1);
    }
    stopMonitoring();
    monitor();
  }

  /** At once where it is this event loop that tells: before its client knows. */
  private void onEra() {
    if (loop.eventLoop().inEventLoop()) {
      backend.beginEra(served.era());
    } else {
      loop.eventLoop().execute(() -> backend.beginEra(served.era()));
    }
  }

  private void onZone(String zone) {
    loop.eventLoop().execute(() -> backend.moveTo(zone));
  }

  /** Follows the nodes no more. */
  void stop() {
    stopped = true;
    leaveSource();
    stopMonitoring();
    watching.cancel(false);
    served.group().forget(onChange);
    trials.close();
    logins.close();
    served.forget(onTaken);
    served.forget(onEra);
    process.surroundings().zone().forget(onZone);
  }

  /** Nobody is there any more. */
  void close() {
    stop();
    backend.close();
    held.values().forEach(part -> part.end(ANY_KEY, 1));
    held.clear();
  }

  /** What a node doesn't answer in time is noticed a little later. */
  private ScheduledFuture<?> watchReads(Duration timeout) {
    long interval = Math.max(timeout.toMillis() / 8, SHORTEST_WATCH_MILLIS);
    return loop.eventLoop()
        .scheduleWithFixedDelay(
            () -> tellOverdue(timeout), interval, interval, TimeUnit.MILLISECONDS);
  }

  private void tellOverdue(Duration timeout) {
    try {
      backend.tellOverdue(timeout);
    } catch (RuntimeException e) {
      // Thrown on, it would be the last time that anything is told.
      LOG.errorf(e, "listener %d: a mistake of the proxy", served.port());
    }
  }

  private KeySlots keys() {
    GroupConsistency consistency = served.consistency();
    return consistency == null
        ? null
        : new KeySlots(consistency, loop.partOf(served.table()), served.holdsReads());
  }

  private void monitor() {
    if (loop.index() == 0) {
      if (served.holdsReads()) {
        measure();
      }
      probe();
    }
  }

  private void probe() {
    ProxySettings settings = process.settings();
    monitor =
        new HealthMonitor(
            served.group(),
            served::probeLoginAt,
            loop.connector().secured(served::peerAt),
            config.health().probeInterval().orElse(settings.probe().interval()),
            config.health().probeTimeout().orElse(settings.probe().timeout()));
    if (rounds != null) {
      monitor.onHistory(rounds::onProbed);
      monitor.onReplacement(rounds::onReplaced);
    }
    monitor.start();
  }

  private void followSource() {
    followed = served.config();
    source = loop.index() == 0 ? NodeSources.of(served, loop).orElse(null) : null;
    if (source != null) {
      source.start(served.group()::configure);
    }
  }

  private void leaveSource() {
    if (source != null) {
      source.close();
      source = null;
    }
  }

  private void measure() {
    rounds =
        new Rounds(
            served.group(),
            served::probeLoginAt,
            served.table(),
            loop.connector().secured(served::peerAt),
            loop.eventLoop(),
            process.meters().rounds(served.group().name()),
            new Rounds.Options(
                process.settings().sampling().interval(), process.settings().probe().timeout()));
    served.consistency().measureBy(rounds);
    rounds.start();
  }

  private void stopMonitoring() {
    if (monitor != null) {
      monitor.close();
      monitor = null;
    }
    stopMeasuring();
  }
}
