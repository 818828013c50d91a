package io.redisproxy.session;

import io.redisproxy.metrics.ReadReason;
import io.redisproxy.route.Explanation;
import io.redisproxy.route.Router;
import io.redisproxy.topology.NodeHealth;
import io.redisproxy.upstream.Identity;
import java.util.List;
import java.util.stream.IntStream;

/** The nodes behind a listener, as sessions of one identity on one event loop reach them. */
final class Lane {
  private final Identity identity;
  private final Router router;
  private final List<Target> targets;
  private int sessions;

  /** {@code targets}: in the order of the group's nodes. */
  Lane(Identity identity, Router router, List<Target> targets) {
    this.identity = identity;
    this.router = router;
    this.targets = targets;
  }

  Identity identity() {
    return identity;
  }

  List<Target> targets() {
    return targets;
  }

  Target forWrite() {
    return targets.get(router.forWrite());
  }

  Target forRead(long needed, boolean writesInFlight) {
    return targets.get(router.forRead(needed, writesInFlight, this::isConnected));
  }

  /** See {@link Router#forScript}. */
  Target forScript(int hash, long needed, boolean writesInFlight) {
    return targets.get(router.forScript(hash, needed, writesInFlight, this::isConnected));
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
  Explanation explainRead(long needed, boolean writesInFlight) {
    return router.explainRead(needed, writesInFlight, this::isConnected);
  }

  boolean isConnected(int node) {
    return targets.get(node).link().isConnected();
  }

  /** Whether the probes find the node fit to be read from. */
  boolean isReadable(int node) {
    return IntStream.of(router.topology().readable()).anyMatch(readable -> readable == node);
  }

  /** What the last probe of the node found. */
  NodeHealth health(int node) {
    return router.topology().nodes().get(node);
  }

  /** A number that changes when the node's process does; 0 while it is not known. */
  int epoch(int node) {
    return health(node).epoch();
  }

  void onEntered() {
    sessions++;
  }

  void onLeft() {
    sessions--;
  }

  boolean isUsed() {
    return sessions > 0;
  }
}
