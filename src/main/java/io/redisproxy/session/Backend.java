package io.redisproxy.session;

import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.metrics.RequestMeters;
import io.redisproxy.route.Router;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.upstream.Identity;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodePool;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The nodes behind a listener, as one event loop reaches them: a lane for each identity. */
public final class Backend {
  private final Router router;
  private final List<NodePool> pools;
  private final List<RequestMeters> meters;
  private final NodeConnector timer;
  private final Duration identityIdle;
  private final KeySlots keys;
  private final Map<Identity, Lane> lanes = new HashMap<>();

  /**
   * Both lists are in the order of {@link NodeGroup#nodes()}.
   *
   * @param pools this event loop's connections to the nodes
   * @param meters what is counted of the requests to each
   * @param consistency null if reads may be stale
   * @param identityIdle how long connections of an identity are kept that no session has
   */
  public Backend(
      Router router,
      List<NodePool> pools,
      List<RequestMeters> meters,
      GroupConsistency consistency,
      NodeConnector timer,
      Duration identityIdle) {
    this.router = router;
    this.pools = pools;
    this.meters = meters;
    this.timer = timer;
    this.identityIdle = identityIdle;
    keys = consistency == null ? null : new KeySlots(consistency.table());
    // Connected before the first client comes, and never given up.
    enter(Identity.DEFAULT);
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
    return new Lane(
        identity,
        router,
        IntStream.range(0, pools.size())
            .mapToObj(
                i ->
                    new Target(
                        i,
                        pools.get(i).enter(identity),
                        pools.get(i),
                        i == NodeGroup.MASTER,
                        meters.get(i)))
            .toList());
  }

  private void closeIfUnused(Lane lane) {
    if (!lane.isUsed() && lanes.remove(lane.identity(), lane)) {
      pools.forEach(pool -> pool.leave(lane.identity()));
    }
  }
}
