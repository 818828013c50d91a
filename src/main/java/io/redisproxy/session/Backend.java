package io.redisproxy.session;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.metrics.RoleMeters;
import io.redisproxy.route.Router;
import io.redisproxy.topology.NodeState;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.Identity;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodePool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The nodes behind a listener, as one event loop reaches them: a lane for each identity. They
 * follow the {@link Topology}, when it is {@linkplain #onTopology told} and when a request goes to
 * a node that it is about to be told of.
 */
public final class Backend {

  /** A member of the group. */
  private record Place(
      NodeAddress address, NodePool pool, RoleMeters meters, Consumer<String> watcher) {}

  /** A node while it is the master. */
  private record Mastership(int index, NodePool pool) {}

  private final Router router;
  private final Nodes nodes;
  private final NodeConnector timer;
  private final Duration identityIdle;
  private final KeySlots keys;
  private final Map<Identity, Lane> lanes = new HashMap<>();

  /** By index; null in place of a node that has left. */
  private final List<Place> places = new ArrayList<>();

  private final NodePool nowhere;
  private int members;
  private boolean closed;

  /** That of clients that have just connected, which is never given up. */
  private Lane ofNewcomers;

  /** The last that was known; null if none was, or it was left. */
  private Mastership lastMaster;

  /** The one before, until it answers as a replica, or it is known that it doesn't. */
  private Mastership formerMaster;

  /**
   * {@code keys}: null if nobody asks what is written here.
   *
   * @param identityIdle how long connections of an identity are kept that no session has
   * @param era of clients that connect
   */
  public Backend(
      Router router,
      Nodes nodes,
      KeySlots keys,
      NodeConnector timer,
      Duration identityIdle,
      int era) {
    this.router = router;
    this.nodes = nodes;
    this.timer = timer;
    this.identityIdle = identityIdle;
    this.keys = keys;
    nowhere = nodes.nowhere();
    onTopology();
    // Connected before the first client comes.
    ofNewcomers = keep(Identity.newcomer(era));
  }

  /** Who connects from now on doesn't share the connections of those who are here. */
  public void beginEra(int era) {
    Lane before = ofNewcomers;
    ofNewcomers = keep(Identity.newcomer(era));
    before.keep(false);
    watchIfUnused(before);
  }

  private Lane keep(Identity identity) {
    Lane lane = lanes.computeIfAbsent(identity, this::open);
    lane.keep(true);
    return lane;
  }

  /** What a client is that has just connected. */
  Identity newcomer() {
    return ofNewcomers.identity();
  }

  /** A server may let in others than before. */
  void onLoginsChanged() {
    nodes.onLoginsChanged();
  }

  /** The topology may have changed; on this event loop. */
  public void onTopology() {
    if (closed) {
      // It was told to this event loop before that closed the backend.
      return;
    }
    Topology topology = router.topology();
    follow(topology);
    int master = topology.master();
    if (lastMaster != null && (lastMaster.index() != master || !isPlaced(lastMaster))) {
      leaveMaster(topology);
    }
    if (master != Topology.NONE) {
      lastMaster = new Mastership(master, poolOf(master));
    }
    if (formerMaster != null) {
      giveUpFormer(topology);
    }
  }

  /** There is another master, or none for the time being. */
  private void leaveMaster(Topology topology) {
    boolean placed = isPlaced(lastMaster);
    boolean demoted = placed && topology.nodes().get(lastMaster.index()).saysItIsReplica();
    if (placed && !demoted && topology.master() == Topology.NONE) {
      return;
    }
    // A server itself disconnects who waits there; what else is kept there is of no use now.
    lastMaster.pool().closePinned("it is not the master any more");
    formerMaster = placed ? lastMaster : null;
    lastMaster = null;
  }

  /** Sessions wait for its last replies before they write to the new one. */
  private void giveUpFormer(Topology topology) {
    boolean placed = isPlaced(formerMaster) && formerMaster.index() != topology.master();
    NodeState state = placed ? topology.nodes().get(formerMaster.index()) : null;
    if (placed && !state.answers()) {
      formerMaster.pool().giveUp("it is not the master any more, and does not answer");
    }
    if (!placed || !state.answers() || state.isHealthy()) {
      formerMaster = null;
    }
  }

  /** What the nodes are told of sessions that bring no login may be another than before. */
  public void onLogins() {
    for (int i = 0; i < places.size(); i++) {
      Place before = places.get(i);
      if (before == null) {
        continue;
      }
      Place place = placeOf(i, before.address());
      if (place.pool() == before.pool()) {
        leave(place);
        continue;
      }
      // Connections that are in use stay until their clients have done what they need them for.
      put(i, place);
      if (lastMaster != null && lastMaster.pool() == before.pool()) {
        lastMaster = new Mastership(i, place.pool());
      }
    }
  }

  /** Reads shall go elsewhere from now on. */
  public void prefer(ReadPreference preference) {
    router.prefer(preference);
    lanes.values().forEach(Lane::onPreference);
  }

  /** The proxy is in another zone than was known. */
  public void moveTo(String zone) {
    router.moveTo(zone);
  }

  /** No sessions are left, and none will come. */
  public void close() {
    closed = true;
    lanes.values().forEach(this::leaveNodes);
    lanes.clear();
    places.stream().filter(Objects::nonNull).forEach(this::leave);
    places.clear();
  }

  private NodePool poolOf(int node) {
    return places.get(node).pool();
  }

  private boolean isPlaced(Mastership mastership) {
    Place place = places.get(mastership.index());
    return place != null && place.pool() == mastership.pool();
  }

  /** Has the members that the topology has. */
  private void follow(Topology topology) {
    if (topology.members() == members) {
      return;
    }
    members = topology.members();
    for (int i = 0; i < topology.nodes().size(); i++) {
      if (i == places.size()) {
        places.add(null);
      }
      Place before = places.get(i);
      NodeAddress address = topology.isMember(i) ? topology.address(i) : null;
      if (!Objects.equals(address, before == null ? null : before.address())) {
        put(i, address == null ? null : placeOf(i, address));
      }
    }
  }

  /** {@code place}: null if there is none any more. */
  private void put(int index, Place place) {
    Place before = places.set(index, place);
    for (Lane lane : lanes.values()) {
      put(lane, index, before);
    }
    if (before != null) {
      leave(before);
    }
  }

  private void leave(Place place) {
    place.pool().unwatch(place.watcher());
    nodes.leave(place.pool());
  }

  private Place placeOf(int index, NodeAddress address) {
    Consumer<String> watcher = reason -> nodes.suspectReplaced(index, reason);
    NodePool pool = nodes.enter(address);
    pool.watch(watcher);
    return new Place(address, pool, nodes.meters(address), watcher);
  }

  /** The lane has this place as it is now. */
  private void put(Lane lane, int index, Place before) {
    Place place = places.get(index);
    if (place != null) {
      lane.put(
          new Target(
              index,
              place.pool().enter(lane.identity()),
              place.pool(),
              router::forWrite,
              place.meters(),
              nodes));
    }
    lane.listMembers();
    if (before != null) {
      before.pool().leave(lane.identity());
    }
  }

  /** Null if nobody asks what is written here. */
  KeySlots keys() {
    return keys;
  }

  /** One more session has the identity. */
  Lane enter(Identity identity, Session session) {
    Lane lane = lanes.computeIfAbsent(identity, this::open);
    lane.onEntered(session);
    return lane;
  }

  /** A session has the identity no more. */
  void leave(Lane lane, Session session) {
    lane.onLeft(session);
    watchIfUnused(lane);
  }

  private void watchIfUnused(Lane lane) {
    if (!lane.isUsed() && !lane.isWatched()) {
      watch(lane, identityIdle);
    }
  }

  /** Whether sessions have this identity, so that a node has agreed to it. */
  boolean isKnown(Identity identity) {
    Lane lane = lanes.get(identity);
    return lane != null && lane.forWrite().isConnected();
  }

  /** Clients whose user the master does not let in any more are disconnected, as it would do. */
  public void closeShutOut() {
    lanes.values().forEach(Lane::closeIfShutOut);
  }

  /** Those that have waited for replies for so long are told; see PendingReplies. */
  public void tellOverdue(Duration waited) {
    long before = System.nanoTime() - waited.toNanos();
    for (Lane lane : lanes.values()) {
      for (Target target : lane.targets()) {
        target.link().tellOverdue(before);
        if (!target.isMaster()) {
          target.link().loseUnheard(before);
        }
      }
    }
  }

  private Lane open(Identity identity) {
    Target none =
        new Target(
            Topology.NONE,
            nowhere.enter(identity),
            nowhere,
            () -> Topology.NONE,
            nodes.unseen(),
            nodes);
    Lane lane = new Lane(identity, router, none, () -> follow(router.topology()), timer);
    for (int i = 0; i < places.size(); i++) {
      put(lane, i, null);
    }
    return lane;
  }

  private void watch(Lane lane, Duration pause) {
    lane.watched(true);
    timer.schedule(pause, () -> closeIfUnused(lane));
  }

  /** One look at a time: sessions may come and go thousands of times a second. */
  private void closeIfUnused(Lane lane) {
    lane.watched(false);
    if (lane.isUsed()) {
      return;
    }
    Duration unused = lane.unused();
    if (unused.compareTo(identityIdle) < 0) {
      watch(lane, identityIdle.minus(unused));
    } else if (lanes.remove(lane.identity(), lane)) {
      leaveNodes(lane);
    }
  }

  private void leaveNodes(Lane lane) {
    nowhere.leave(lane.identity());
    for (Place place : places) {
      if (place != null) {
        place.pool().leave(lane.identity());
      }
    }
  }
}
