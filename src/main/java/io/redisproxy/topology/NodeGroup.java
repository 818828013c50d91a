package io.redisproxy.topology;

import static io.redisproxy.topology.Topology.NONE;

import io.redisproxy.config.HealthLimits;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.TopologyChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * A master and its replicas, which may change, and the latest {@link Topology} of them. Any thread
 * may read that, and tell what it knows.
 */
public final class NodeGroup {
  /** The index of the node that is listed first, which is the master at first. */
  public static final int MASTER = 0;

  /** For so long the index of a node that has left is not given to another one. */
  private static final Duration REST = Duration.ofMinutes(10);

  /** What has not changed for so long is taken for settled. */
  private static final Duration SETTLED = Duration.ofSeconds(10);

  private static final Logger LOG = Logger.getLogger(NodeGroup.class);

  private record Suspicion(String reason, boolean distrusted) {}

  private final String name;
  private final LongSupplier clock;
  private final MasterFinder finder = new MasterFinder();
  private final FitnessJudge judge;
  private final TopologyLog log;
  private final ReplicationLag lag;
  private final List<Consumer<Topology>> listeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> known = new CompletableFuture<>();

  /** By index. */
  private final List<NodeRecord> records = new ArrayList<>();

  /** What is about to change, most likely, and since when it has been so. */
  private List<String> unrest = List.of();

  private long unrestSince;

  private NodeRecord named;
  private int membership;
  private volatile Topology topology = Topology.EMPTY;

  /** Nodes that somebody had trouble with, and that have not been probed since. */
  private final Map<Integer, Suspicion> suspects = new ConcurrentHashMap<>();

  /** Those that may be other processes than they were. */
  private final Set<Integer> replaceable = ConcurrentHashMap.newKeySet();

  private volatile Runnable onSuspects = () -> {};

  /**
   * A group without nodes, until {@link #configure} names some.
   *
   * @param name that of the listener that it serves: its port
   */
  public NodeGroup(String name, HealthLimits limits) {
    this(name, limits, System::nanoTime);
  }

  NodeGroup(String name, HealthLimits limits, LongSupplier clock) {
    this.name = name;
    this.clock = clock;
    judge = new FitnessJudge(limits);
    log = new TopologyLog(name);
    lag = new ReplicationLag(clock);
  }

  /**
   * A group of the nodes that a listener lists, if it lists some; which is the master, they tell.
   */
  public NodeGroup(ListenerConfig config) {
    this(Integer.toString(config.port()), config.health());
    list(config);
  }

  /** The group consists of the nodes that the listener lists from now on. */
  public final void list(ListenerConfig config) {
    configure(config.nodes(), null);
  }

  /** Nodes are judged by these from now on. */
  public synchronized void limit(HealthLimits limits) {
    judge.limit(limits);
    update(null);
  }

  /** The time by which probes are told. */
  long now() {
    return clock.getAsLong();
  }

  public String name() {
    return name;
  }

  public Topology topology() {
    return topology;
  }

  /** Completes when the master is known, or each node has been asked once. */
  public CompletionStage<Void> onceKnown() {
    return known.minimalCompletionStage();
  }

  /** How far the replicas are behind. */
  public ReplicationLag lag() {
    return lag;
  }

  /**
   * Tells every change that matters to requests from now on, in order, on the thread that made it;
   * the listener has to be quick.
   */
  public void onChange(Consumer<Topology> listener) {
    listeners.add(listener);
  }

  /** Tells what each change is that was told in the log, from now on. */
  public void onEvent(Consumer<TopologyChange> listener) {
    log.count(listener);
  }

  /** Tells changes no more. */
  public void forget(Consumer<Topology> listener) {
    listeners.remove(listener);
  }

  /** The same where nobody knows in which zones they are. */
  public void configure(List<NodeAddress> members, NodeAddress master) {
    configure(members, master, Map.of());
  }

  /**
   * The group consists of these nodes from now on. Those that were in it before keep their indices;
   * one that is not in it any more gets no new requests, and its connections are closed when what
   * they wait for has come.
   *
   * @param master the one that the source says is the master; null if it doesn't tell: then the
   *     nodes do, and at the start the first is preferred
   * @param zones where those are of which the source knows it
   */
  public synchronized void configure(
      List<NodeAddress> members, NodeAddress master, Map<NodeAddress, String> zones) {
    Set<NodeAddress> wanted = new HashSet<>(members);
    for (NodeRecord record : records) {
      if (record.isMember && !wanted.contains(record.address)) {
        record.isMember = false;
        record.leftAt = clock.getAsLong();
        membership++;
      }
    }
    for (NodeAddress member : members) {
      if (indexOf(member) == NONE) {
        put(member);
        membership++;
      }
      records.get(indexOf(member)).zone = zones.getOrDefault(member, "");
    }
    named = master == null || indexOf(master) == NONE ? null : records.get(indexOf(master));
    update(null);
    if (named != null && named.isReplica()) {
      suspect(indexOf(named.address), "it is named as the master");
    }
  }

  private int indexOf(NodeAddress member) {
    for (int i = 0; i < records.size(); i++) {
      if (records.get(i).isMember && records.get(i).address.equals(member)) {
        return i;
      }
    }
    return NONE;
  }

  /** A node that comes back gets the place that it had. */
  private void put(NodeAddress member) {
    int place = records.size();
    long now = clock.getAsLong();
    long longAgo = now - REST.toNanos();
    for (int i = records.size() - 1; i >= 0; i--) {
      NodeRecord record = records.get(i);
      if (!record.isMember && record.address.equals(member)) {
        place = i;
        break;
      }
      if (!record.isMember && record.leftAt - longAgo < 0) {
        place = i;
      }
    }
    NodeRecord joined = new NodeRecord(member);
    joined.askedAt = now;
    if (place == records.size()) {
      records.add(joined);
    } else {
      records.set(place, joined);
    }
  }

  /**
   * Somebody has had trouble with a node: a connection broke, it answered that it loads its data.
   * It is probed at once. Any thread may call this, as often as it likes.
   */
  public void suspect(int node, String reason) {
    if (node != NONE && !suspects.containsKey(node)) {
      suspects.putIfAbsent(node, new Suspicion(reason, false));
      onSuspects.run();
    }
  }

  /**
   * The same when a connection was lost or made: who has the address now may be another process,
   * which is asked over a connection that is new, too.
   */
  public void suspectReplaced(int node, String reason) {
    replaceable.add(node);
    suspect(node, reason);
  }

  /** Whether the node was suspected so since the last time. */
  boolean takeReplaceable(int node) {
    return replaceable.remove(node);
  }

  /**
   * The same when requests got no answer, which a probe would take as long to find out: a replica
   * gets no more reads until it has passed probes that began later.
   */
  public void distrust(int node, String reason) {
    Suspicion before = suspects.get(node);
    if (node != NONE && (before == null || !before.distrusted())) {
      suspects.put(node, new Suspicion(reason, true));
      onSuspects.run();
    }
  }

  /** Who takes the {@link #takeSuspects suspects}; told on any thread. */
  void onSuspects(Runnable action) {
    onSuspects = action;
  }

  /** The nodes that are suspected since the last time. */
  synchronized Set<Integer> takeSuspects() {
    Set<Integer> taken = Set.copyOf(suspects.keySet());
    for (int node : taken) {
      Suspicion suspicion = suspects.remove(node);
      NodeRecord record = node < records.size() ? records.get(node) : null;
      if (record == null || !record.isMember) {
        continue;
      }
      LOG.debugf("listener %s: %s is suspected: %s", name, record.address, suspicion.reason());
      if (suspicion.distrusted()) {
        record.onDistrusted(suspicion.reason(), clock.getAsLong());
        update(null);
      }
    }
    return taken;
  }

  /**
   * A member has answered a probe.
   *
   * @param askedAt when it was asked
   * @param nanos how long it took; 0 if that should not count
   */
  synchronized void onAnswered(
      int node, NodeAddress address, NodeReport report, long askedAt, long nanos) {
    if (!isMember(node, address)) {
      return;
    }
    NodeRecord record = records.get(node);
    long now = clock.getAsLong();
    record.askedAt = askedAt;
    if (report.isBusy()) {
      // It is what it was, as a silent one is: nobody can make it anything else now.
      String why = "it answered -" + report.error();
      record.onFailed(why, true, now);
      record.onDistrusted(why, now);
    } else {
      record.onAnswered(report, askedAt, nanos, now);
    }
    update(record);
  }

  /** A member that was asked then refuses to be probed; more will not be known of what it is. */
  synchronized void onRefused(int node, NodeAddress address, String reason, long askedAt) {
    if (isMember(node, address)) {
      NodeRecord record = records.get(node);
      record.askedAt = askedAt;
      record.onRefused(reason, clock.getAsLong());
      update(record);
    }
  }

  /** A member has not answered a probe. */
  synchronized void onFailed(int node, NodeAddress address, String reason, boolean silent) {
    if (isMember(node, address)) {
      NodeRecord record = records.get(node);
      record.onFailed(reason, silent, clock.getAsLong());
      update(record);
    }
  }

  /** Whether who was asked is still a member, in the same place. */
  private boolean isMember(int node, NodeAddress address) {
    NodeRecord record = records.get(node);
    return record.isMember && record.address.equals(address);
  }

  private void update(NodeRecord probed) {
    long now = clock.getAsLong();
    Topology before = topology;
    int master = finder.find(records, named, now);
    judge.judge(records, master, finder.lastHistory(), probed, now);
    measure(probed, master);
    List<NodeState> states = records.stream().map(NodeRecord::state).toList();
    Topology next =
        Topology.of(states, master, membership, finder.reason(), isUnsettled(master, now));
    log.onChange(before, next);
    topology = next.with(log.last());
    finder.takeNotice().ifPresent(notice -> LOG.warnf("listener %s: %s", name, notice));
    if (!topology.routesAs(before)) {
      Topology told = topology;
      listeners.forEach(listener -> listener.accept(told));
    }
    boolean allAsked = records.stream().allMatch(record -> record.probed || !record.isMember);
    if (!records.isEmpty() && (master != NONE || allAsked)) {
      known.complete(null);
    }
  }

  private void measure(NodeRecord probed, int master) {
    if (probed == null || probed.report == null) {
      return;
    }
    int node = records.indexOf(probed);
    if (node == master) {
      lag.onMaster(node, probed.report.history(), probed.report.offset());
    } else {
      lag.onReplica(node, probed.report.history(), probed.report.offset());
    }
  }

  /** Whether something is about to change, most likely. */
  private boolean isUnsettled(int master, long now) {
    if (master == NONE || isExpectedToTell(records.get(master))) {
      unrest = List.of();
      return true;
    }
    List<String> seen = seenUnrest();
    if (!seen.equals(unrest)) {
      unrest = seen;
      unrestSince = now;
    }
    // A second master, or a replica without one, may be left as it is for good.
    return !unrest.isEmpty() && now - unrestSince < SETTLED.toNanos();
  }

  /** Whether the next probe of a node may tell more than the last one did. */
  private static boolean isExpectedToTell(NodeRecord record) {
    return record.report == null && !record.mute;
  }

  private List<String> seenUnrest() {
    boolean rivals = records.stream().filter(NodeRecord::isCandidate).count() > 1;
    List<String> seen = new ArrayList<>(0);
    for (NodeRecord record : records) {
      if (rivals && record.isCandidate()) {
        seen.add(record.address + " is a master: " + record.report.history());
      }
      if (record.hasLostItsMaster()) {
        seen.add(record.address + " has lost its master");
      }
      if (record.isMember && record.doubted) {
        seen.add(record.address + " is doubted");
      }
    }
    return seen;
  }
}
