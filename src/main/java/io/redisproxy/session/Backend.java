package io.redisproxy.session;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.metrics.RoleMeters;
import io.redisproxy.route.Router;
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

/**
 * The nodes behind a listener, as one event loop reaches them: a lane for each identity. They
 * follow the {@link Topology}, when it is {@linkplain #onTopology told} and when a request goes to
 * a node that it is about to be told of.
 */
public final class Backend {

  /** A member of the group. */
  private record Place(NodeAddress address, NodePool pool, RoleMeters meters) {}

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

  /** Of the master of the last topology that had one. */
  private NodePool lastMaster;

  /**
   * {@code consistency}: null if reads may be stale.
   *
   * @param identityIdle how long connections of an identity are kept that no session has
   */
  public Backend(
      Router router,
      Nodes nodes,
      GroupConsistency consistency,
      NodeConnector timer,
      Duration identityIdle) {
    this.router = router;
    this.nodes = nodes;
    this.timer = timer;
    this.identityIdle = identityIdle;
    keys = consistency == null ? null : new KeySlots(consistency.table());
    nowhere = nodes.nowhere();
    onTopology();
    // Connected before the first client comes, and never given up.
    enter(Identity.DEFAULT);
  }

  /** The topology may have changed; on this event loop. */
  public void onTopology() {
    Topology topology = router.topology();
    follow(topology);
    NodePool now = topology.master() == Topology.NONE ? null : poolOf(topology.master());
    if (lastMaster != null && (now == null ? !isPlaced(lastMaster) : now != lastMaster)) {
      // A server itself disconnects who waits there; what else is kept there is of no use now.
      lastMaster.closePinned("it is not the master any more");
      lastMaster = null;
    }
    if (now != null) {
      lastMaster = now;
    }
  }

  private NodePool poolOf(int node) {
    return places.get(node).pool();
  }

  private boolean isPlaced(NodePool pool) {
    return places.stream().anyMatch(place -> place != null && place.pool() == pool);
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
        places.set(i, address == null ? null : placeOf(address));
        for (Lane lane : lanes.values()) {
          put(lane, i, before);
        }
        if (before != null) {
          nodes.leave(before.pool());
        }
      }
    }
  }

  private Place placeOf(NodeAddress address) {
    return new Place(address, nodes.enter(address), nodes.meters(address));
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
              place.meters()));
    }
    lane.listMembers();
    if (before != null) {
      before.pool().leave(lane.identity());
    }
  }

  /** Null if reads may be stale. */
  KeySlots keys() {
    return keys;
  }

  /** One more session has the identity. */
  Lane enter(Identity identity) {
    Lane lane = lanes.computeIfAbsent(identity, this::open);
    lane.onEntered();
    return lane;
  }

  /** A session has the identity no more. */
  void leave(Lane lane) {
    lane.onLeft();
    if (!lane.isUsed()) {
      timer.schedule(identityIdle, () -> closeIfUnused(lane));
    }
  }

  /** Whether sessions have this identity, so that a node has agreed to it. */
  boolean isKnown(Identity identity) {
    Lane lane = lanes.get(identity);
    return lane != null && lane.forWrite().link().isConnected();
  }

  private Lane open(Identity identity) {
    Target none =
        new Target(
            Topology.NONE, nowhere.enter(identity), nowhere, () -> Topology.NONE, nodes.unseen());
    Lane lane = new Lane(identity, router, none, () -> follow(router.topology()));
    for (int i = 0; i < places.size(); i++) {
      put(lane, i, null);
    }
    return lane;
  }

  private void closeIfUnused(Lane lane) {
    if (!lane.isUsed() && lanes.remove(lane.identity(), lane)) {
      nowhere.leave(lane.identity());
      for (Place place : places) {
        if (place != null) {
          place.pool().leave(lane.identity());
        }
      }
    }
  }
}
