package io.redisproxy.upstream;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.NodeMeters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * An event loop's way to a node: the connection that its clients share, made anew when it is lost.
 * While a node can't be reached the pauses between attempts grow, with jitter, and requests fail at
 * once.
 *
 * <p>While a large reply occupies the connection, requests take another one beside it; where the
 * node has no place for that, they wait behind the large reply.
 */
public final class NodeLink implements NodeConnection.Owner {

  /** The most connections beside each other; from here on requests wait behind large replies. */
  private static final int MAX_CONNECTIONS = 16;

  /** Connections that are kept open for the next large reply. */
  private static final int KEPT_CONNECTIONS = 2;

  /** The pause between attempts while something waits for the node. */
  private static final Duration HURRY = Duration.ofMillis(50);

  /** So long a node that has no place is not asked for another connection beside. */
  private static final Duration UNTIL_PLACE = Duration.ofSeconds(1);

  private static final Logger LOG = Logger.getLogger(NodeLink.class);

  private final NodeAddress node;
  private final Supplier<Handshake> handshakes;
  private final NodeConnector connector;
  private final FlushQueue flushQueue;
  private final NodeMeters meters;
  private final NodePool.Options options;

  /** All that are open or on the way to be; no more than a few, unless large replies fill them. */
  private final List<NodeConnection> connections = new ArrayList<>(1);

  private final NodePool pool;

  /** Why there is no node to connect to; null where there is one. */
  private final Supplier<String> absence;

  private NodeConnection current;
  private NodeFailure lastFailure;
  private int failedAttempts;
  private int users;
  private boolean pausing;
  private long triedAt;

  /** Whether the node had no place for a connection beside just now. */
  private boolean full;

  private boolean doubted;
  private long doubtedAt;

  /** The last connection was lost, and no other one has come about. */
  private boolean toBeMadeAgain;

  private boolean closed;

  NodeLink(
      NodeAddress node,
      Supplier<Handshake> handshakes,
      NodeConnector connector,
      FlushQueue flushQueue,
      NodeMeters meters,
      NodePool.Options options,
      NodePool pool) {
    this.node = node;
    this.handshakes = handshakes;
    this.connector = connector;
    this.flushQueue = flushQueue;
    this.meters = meters;
    this.options = options;
    this.pool = pool;
    absence = null;
    doubted = pool.hasLost();
    doubtedAt = pool.lostAt();
    connect();
  }

  /** To a node that isn't known. */
  NodeLink(Supplier<String> absence) {
    this.absence = absence;
    node = null;
    handshakes = null;
    connector = null;
    flushQueue = null;
    meters = null;
    options = null;
    pool = null;
  }

  /** Null where there is no node to connect to. */
  public NodeAddress node() {
    return node;
  }

  /**
   * The shared connection, connected or on the way to be; null while the node can't be reached, see
   * {@link #failure()}.
   */
  public NodeConnection connection() {
    if (current != null && current.isOccupied()) {
      current = notOccupied();
    }
    return current;
  }

  /** Whether a connection is up now; requests may have to wait for another one beside it. */
  public boolean isConnected() {
    return current != null
        && (current.isConnected() || (!current.isResting() && openConnections() > 0));
  }

  /** Whether all that is sent over it is answered that a script keeps the node busy. */
  public boolean isTooBusy() {
    return current != null && current.isResting();
  }

  /**
   * Whether the node may be another process than the one it was: connections to it were lost. A
   * probe that was answered, and began later than {@link #doubtedAt()}, tells.
   */
  public boolean isDoubted() {
    return doubted;
  }

  /** The node has told what it is. */
  public void onConfirmed() {
    doubted = false;
  }

  /** When the last connection to the node was lost, or this one made again. */
  public long doubtedAt() {
    return doubtedAt;
  }

  /** Whether there is no connection, and the next one may lead to another process. */
  public boolean isToBeMadeAgain() {
    return toBeMadeAgain;
  }

  /** How many runs of requests wait for their replies. */
  public int pending() {
    int pending = 0;
    for (int i = 0; i < connections.size(); i++) {
      pending += connections.get(i).pendingRuns();
    }
    return pending;
  }

  /** Why there is no connection. */
  public NodeFailure failure() {
    return absence == null ? lastFailure : new NodeFailure(null, absence.get(), false);
  }

  /** Those that wait for replies are told what was sent before that time, see PendingReplies. */
  public void tellOverdue(long before) {
    List.copyOf(connections).forEach(connection -> connection.tellOverdue(before));
  }

  /**
   * Connections that have been silent since before that time, and are awaited by nobody, are made
   * anew: they may have died without a word, while the node is there.
   */
  public void loseUnheard(long before) {
    List.copyOf(connections).forEach(connection -> connection.loseIfUnheard(before));
  }

  /** Whether there is no connection as the node does not let this user in. */
  public boolean refusesLogin() {
    return current == null && lastFailure != null && lastFailure.isOfLogin();
  }

  /** The node has let this user in, over another connection. */
  public void onLetIn() {
    // Should an attempt that began earlier be refused, another one follows at once.
    failedAttempts = 0;
    connectIfLost();
  }

  int openConnections() {
    int open = 0;
    for (NodeConnection connection : connections) {
      open += connection.isConnected() ? 1 : 0;
    }
    return open;
  }

  /** How many requests the node has not answered. */
  int inFlight() {
    int inFlight = 0;
    for (NodeConnection connection : connections) {
      for (PendingReplies replies : connection.pending) {
        inFlight += replies.wanted();
      }
    }
    return inFlight;
  }

  void onEntered() {
    users++;
  }

  /** Whether nobody uses it any more. */
  boolean onLeft() {
    return --users == 0;
  }

  /** No more requests come; the connections close after their last replies. */
  void retire() {
    closed = true;
    List.copyOf(connections).forEach(NodeConnection::retire);
  }

  void close() {
    closed = true;
    List.copyOf(connections).forEach(NodeConnection::abort);
  }

  /** What waits for the node shall wait no longer. */
  void giveUp(String reason) {
    List.copyOf(connections).forEach(connection -> connection.lose(reason));
  }

  @Override
  public void onReady() {
    if (toBeMadeAgain) {
      toBeMadeAgain = false;
      doubtedAt = System.nanoTime();
      pool.onMadeAgain();
    }
  }

  @Override
  public void onAnswering() {
    failedAttempts = 0;
  }

  @Override
  public void onFree(NodeConnection connection) {
    if (connection != current && connections.size() > KEPT_CONNECTIONS) {
      connections.remove(connection);
      connection.retire();
    }
  }

  @Override
  public void onClosed(NodeConnection connection, NodeFailure failure) {
    if (!connections.remove(connection)) {
      // It was let go as there are enough, and has closed behind its last reply.
      return;
    }
    lastFailure = failure.beforeSending();
    if (closed) {
      current = null;
      return;
    }
    if (connection.age().compareTo(options.reconnectMax()) > 0) {
      // It was in order, and idle perhaps: servers close what is idle for some time.
      failedAttempts = 0;
    }
    meters.onLost();
    // The attempts that follow are told by the probes, which see the node as down.
    LOG.logf(
        failedAttempts == 0 ? Logger.Level.WARN : Logger.Level.DEBUG,
        "node %s: %s",
        node,
        failure.reason());
    boolean isOpen = openConnections() > 0;
    if (isOpen && failure.isRejected()) {
      onFull(connection);
      return;
    }
    if (!isOpen) {
      doubted = true;
      toBeMadeAgain = true;
    }
    pool.onLost(failure.reason());
    if (connection != current) {
      return;
    }
    current = null;
    if (!connections.isEmpty()) {
      current = connections.get(0);
    } else if (failedAttempts++ == 0) {
      connect();
    } else if (!pausing) {
      pausing = true;
      connector.schedule(pause(), this::connectAgain);
    }
  }

  /** The node, which is as well as before, has not let in this connection beside others. */
  private void onFull(NodeConnection refused) {
    full = true;
    connector.schedule(UNTIL_PLACE, () -> full = false);
    if (refused == current) {
      current = connections.get(0);
    }
    refused.moveTo(connection());
  }

  private NodeConnection notOccupied() {
    for (NodeConnection connection : connections) {
      if (!connection.isOccupied()) {
        return connection;
      }
    }
    if (connections.size() < MAX_CONNECTIONS && !full) {
      connect();
    }
    return current;
  }

  /** Something waits for the node: it is tried again soon, however long the pauses have become. */
  public void hurry() {
    if (System.nanoTime() - triedAt > HURRY.toNanos()) {
      connectIfLost();
    }
  }

  private void connectAgain() {
    pausing = false;
    connectIfLost();
  }

  private void connectIfLost() {
    if (!closed && current == null && node != null) {
      connect();
    }
  }

  private void connect() {
    NodeConnection connection =
        new NodeConnection(node, flushQueue, meters, handshakes.get(), options.slowTimeout(), this);
    current = connection;
    triedAt = System.nanoTime();
    connections.add(connection);
    connector.connect(node, connection, connection::onConnectFailed);
  }

  /**
   * Doubles from attempt to attempt; half of it is chance, so that many proxies don't come at once.
   */
  private Duration pause() {
    long max = options.reconnectMax().toMillis();
    long full =
        Math.min(max, options.reconnectMin().toMillis() << Math.min(failedAttempts - 2, 20));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(full / 2, full + 1));
  }
}
