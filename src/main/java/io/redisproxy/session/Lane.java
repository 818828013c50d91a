package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.route.Explanation;
import io.redisproxy.route.Reach;
import io.redisproxy.route.Router;
import io.redisproxy.topology.NodeHealth;
import io.redisproxy.topology.ReplicationLag;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.Identity;
import io.redisproxy.upstream.NodeConnector;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** The nodes behind a listener, as sessions of one identity on one event loop reach them. */
final class Lane implements Reach {
  private final Identity identity;
  private final Router router;
  private final Target none;
  private final Runnable follow;
  private final NodeConnector timer;

  /** Null if the master is not told of the reads of its replicas. */
  private MasterTouch touch;

  /** By the index in the group. A node that has left keeps its place. */
  private Target[] targets = {};

  /** Those of nodes that belong to the group; made anew when it changes. */
  private List<Target> members = List.of();

  private final Set<Session> sessions = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Whether it stays without sessions, too. */
  private boolean kept;

  private long unusedSince;

  /** Whether it is looked at later whether it is still without sessions. */
  private boolean watched;

  /**
   * {@code none}: what stands in for a master that isn't known.
   *
   * @param follow gives the lane the nodes that have come since it was last told
   */
  Lane(Identity identity, Router router, Target none, Runnable follow, NodeConnector timer) {
    this.identity = identity;
    this.router = router;
    this.none = none;
    this.follow = follow;
    this.timer = timer;
    onPreference();
  }

  /** The router may prefer something else than before. */
  final void onPreference() {
    if (!router.touchesMaster()) {
      touch = null;
    } else if (touch == null) {
      touch = new MasterTouch(this::forWrite, timer);
    }
  }

  Identity identity() {
    return identity;
  }

  /** Null if the master is not told of the reads of its replicas. */
  MasterTouch touch() {
    return touch;
  }

  /** There is a node, or another one, at a place. */
  void put(Target target) {
    int index = target.node();
    if (index >= targets.length) {
      targets = Arrays.copyOf(targets, index + 1);
    }
    targets[index] = target;
  }

  /** Nodes have come or gone. */
  void listMembers() {
    members =
        Arrays.stream(targets)
            .filter(Objects::nonNull)
            .filter(each -> router.topology().isMember(each.node()))
            .toList();
  }

  /** The nodes that belong to the group. */
  List<Target> targets() {
    return members;
  }

  /** The node at an index of the group; the stand-in at that of none. */
  Target target(int node) {
    if (node < 0) {
      return none;
    }
    if (node >= targets.length) {
      follow.run();
    }
    return targets[node];
  }

  Target forWrite() {
    return target(router.forWrite());
  }

  /** {@code client}: a number that stands for it. */
  Target forRead(long client, long needed, boolean writesInFlight) {
    return target(router.forRead(client, needed, writesInFlight, this));
  }

  /** As {@link #forRead}, of the nodes that were not tried yet; the master if there is none. */
  Target forRetry(long client, long needed, boolean writesInFlight, BitSet tried) {
    Reach untried =
        new Reach() {
          @Override
          public boolean isConnected(int node) {
            return !tried.get(node) && Lane.this.isConnected(node);
          }

          @Override
          public int pending(int node) {
            return Lane.this.pending(node);
          }
        };
    return target(router.forRead(client, needed, writesInFlight, untried));
  }

  /** Sends a request to the replicas, too; nobody waits for what they say. It stays. */
  void tellReplicas(ByteBuf request, Session session) {
    for (Target target : members) {
      if (!target.isMaster() && target.isConnected()) {
        target.connection().expect(new UnheardReplies(session, 1));
        target.connection().send(request.retainedDuplicate());
      }
    }
  }

  /** Another replica than this one for a read; null if none has what it needs, and room. */
  Target otherReplica(long client, long needed, int than) {
    BitSet tried = new BitSet();
    tried.set(than);
    Target other = forRetry(client, needed, false, tried);
    boolean fit =
        !other.isMaster()
            && other.node() != than
            && other.isConnected()
            && other.connection().isWritable();
    return fit ? other : null;
  }

  boolean hasReplicas() {
    return members.size() > 1;
  }

  /** See {@link Router#forScript}. */
  Target forScript(int hash, long needed, boolean writesInFlight) {
    return target(router.forScript(hash, needed, writesInFlight, this));
  }

  /** Whether a replica has what a read needs. */
  boolean hasReached(int node, long needed) {
    return router.hasReached(node, needed);
  }

  /** Why the last read went where it did. */
  ReadReason reason() {
    return router.reason();
  }

  /** What {@link #forRead} would say now, and why. */
  Explanation explainRead(long client, long needed, boolean writesInFlight) {
    return router.explainRead(client, needed, writesInFlight, this);
  }

  @Override
  public boolean isConnected(int node) {
    return target(node).isConnected();
  }

  @Override
  public int pending(int node) {
    return target(node).link().pending();
  }

  /** Whether the probes find the node fit to be read from. */
  boolean isReadable(int node) {
    return router.topology().isReadable(node);
  }

  /** How far the replicas are behind. */
  ReplicationLag lag() {
    return router.lag();
  }

  /** What is known of the nodes. */
  Topology topology() {
    return router.topology();
  }

  /** What the last probe of the node found. */
  NodeHealth health(int node) {
    return router.topology().nodes().get(node).health();
  }

  /** A number that changes when the node's process does; 0 while it is not known. */
  int epoch(int node) {
    return router.topology().isMember(node) ? health(node).epoch() : 0;
  }

  /** Whether the master does not let this user in any more; it has disconnected who was there. */
  boolean isShutOut() {
    return identity.login() != null && forWrite().refusesLogin();
  }

  /** Those who are shut out go. */
  void closeIfShutOut() {
    if (isShutOut()) {
      List.copyOf(sessions).forEach(Session::closeIfShutOut);
    }
  }

  /** It stays without sessions, too, or not any more. */
  void keep(boolean now) {
    kept = now;
    unusedSince = System.nanoTime();
  }

  void onEntered(Session session) {
    sessions.add(session);
  }

  void onLeft(Session session) {
    sessions.remove(session);
    unusedSince = System.nanoTime();
  }

  boolean isUsed() {
    return kept || !sessions.isEmpty();
  }

  /** How long no session has had the identity; while none has. */
  Duration unused() {
    return Duration.ofNanos(System.nanoTime() - unusedSince);
  }

  boolean isWatched() {
    return watched;
  }

  void watched(boolean now) {
    watched = now;
  }
}
