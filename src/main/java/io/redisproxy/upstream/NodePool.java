package io.redisproxy.upstream;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.NodeMeters;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * An event loop's connections to one node: for each identity those that clients share, and those
 * that one client has to itself.
 */
public final class NodePool {

  /**
   * How connections are made and kept.
   *
   * @param reconnectMin the first pause between attempts to connect
   * @param reconnectMax the longest one
   * @param slowTimeout how long a client that takes no replies may hold up others
   * @param maxPinned the most connections of single clients' own; more clients wait
   * @param pinnedIdle how long a connection rests before it is closed
   */
  public record Options(
      Duration reconnectMin,
      Duration reconnectMax,
      Duration slowTimeout,
      int maxPinned,
      Duration pinnedIdle) {}

  /** So long those who wait are not looked after while no connection can be made for them. */
  private static final Duration UNTIL_ROOM = Duration.ofMillis(100);

  private static final String FULL = "redis-proxy has no file descriptor to spare";

  private record Waiting(Identity identity, PinnedConnection.Holder holder) {}

  private record Resting(PinnedConnection connection, long since) {}

  private final NodeAddress node;
  private final Login login;
  private final NodeConnector connector;
  private final FlushQueue flushQueue;
  private final NodeMeters meters;
  private final Options options;

  private final Map<Identity, NodeLink> links = new HashMap<>();

  /** All connections of single clients' own. */
  private final Set<PinnedConnection> pinned = new HashSet<>();

  /** Those that no client has; the last that came is the first to go. */
  private final Deque<Resting> resting = new ArrayDeque<>();

  private final Deque<Waiting> waiting = new ArrayDeque<>();

  /** Who wants to know of connections that are lost. */
  private final List<Consumer<String>> watchers = new ArrayList<>();

  /** Why there is no node to connect to; null where there is one. */
  private final Supplier<String> absence;

  private boolean serving;
  private boolean servingLater;
  private boolean sweeping;
  // What the meters were told last.
  private int sampledConnections;
  private int sampledInFlight;

  private boolean lost;
  private long lostAt;
  private boolean retired;
  private boolean closed;

  /** {@code login}: for sessions that bring none; null if the node asks for none. */
  public NodePool(
      NodeAddress node,
      Login login,
      NodeConnector connector,
      FlushQueue flushQueue,
      NodeMeters meters,
      Options options) {
    this(node, login, connector, flushQueue, meters, options, null);
  }

  /**
   * A pool that stands for a node that isn't known: none of its connections ever comes about.
   *
   * @param absence why, in words
   */
  public static NodePool nowhere(
      NodeConnector connector,
      FlushQueue flushQueue,
      NodeMeters meters,
      Options options,
      Supplier<String> absence) {
    return new NodePool(null, null, connector, flushQueue, meters, options, absence);
  }

  private NodePool(
      NodeAddress node,
      Login login,
      NodeConnector connector,
      FlushQueue flushQueue,
      NodeMeters meters,
      Options options,
      Supplier<String> absence) {
    this.absence = absence;
    this.node = node;
    this.login = login;
    this.connector = connector;
    this.flushQueue = flushQueue;
    this.meters = meters;
    this.options = options;
  }

  /**
   * The connection that sessions of an identity share, made if there is none yet; to be given back
   * with {@link #leave}.
   */
  public NodeLink enter(Identity identity) {
    NodeLink link =
        links.computeIfAbsent(
            identity,
            made ->
                node == null
                    ? new NodeLink(absence)
                    : new NodeLink(
                        node, () -> handshake(made), connector, flushQueue, meters, options, this));
    link.onEntered();
    return link;
  }

  /** Those who asked for the identity's connection need it no more. */
  public void leave(Identity identity) {
    NodeLink link = links.get(identity);
    if (link.onLeft()) {
      links.remove(identity);
      link.retire();
    }
  }

  /**
   * Gives the holder a connection of its own.
   *
   * @return whether at once; if not, when there is room for one more
   */
  public boolean pin(Identity identity, PinnedConnection.Holder holder) {
    if (pinResting(identity, holder)) {
      return true;
    }
    if (connector.limit().isReached() && !closeOldestResting()) {
      pinNone(identity, holder, () -> FULL);
    } else if (pinned.size() < options.maxPinned() || closeOldestResting()) {
      pinNew(identity, isAgreed(identity), holder);
    } else {
      meters.onPinWaits();
      waiting.add(new Waiting(identity, holder));
      return false;
    }
    return true;
  }

  /**
   * The same for a question that is answered at once, so that it need not wait until others, which
   * may hold theirs for ever, have given one back.
   */
  public void pinBriefly(Identity identity, PinnedConnection.Holder holder) {
    if (!pinResting(identity, holder)) {
      pinNew(identity, isAgreed(identity), holder);
    }
  }

  /**
   * The same to have the node check the login: it does so for a connection that is new, and has to
   * be asked over one that is {@linkplain NodeChannel#isConnected connected}.
   */
  public void pinForLogin(Identity identity, PinnedConnection.Holder holder) {
    if (!pinResting(identity, holder)) {
      pinNew(identity, holder);
    }
  }

  /** The same with a connection that is new. */
  public void pinNew(Identity identity, PinnedConnection.Holder holder) {
    pinNew(identity, false, holder);
  }

  private void pinNew(Identity identity, boolean loginAgreed, PinnedConnection.Holder holder) {
    if (node == null) {
      pinNone(identity, holder, absence);
    } else {
      PinnedConnection connection = add(identity, loginAgreed);
      connector.connect(node, connection, connection::onConnectFailed);
      connection.hold(holder);
    }
  }

  /** The holder is told {@code why} it gets none. */
  private void pinNone(Identity identity, PinnedConnection.Holder holder, Supplier<String> why) {
    PinnedConnection connection = add(identity, false);
    connection.hold(holder);
    connector.execute(() -> connection.onConnectFailed(new IllegalStateException(why.get())));
  }

  private PinnedConnection add(Identity identity, boolean loginAgreed) {
    PinnedConnection connection =
        new PinnedConnection(node, flushQueue, meters, atNode(identity), loginAgreed, this);
    pinned.add(connection);
    meters.onPinned();
    return connection;
  }

  /** The holder that waits for a connection is gone. */
  public void forget(PinnedConnection.Holder holder) {
    if (waiting.removeIf(each -> each.holder() == holder)) {
      meters.onPinWaitEnds();
    }
  }

  /**
   * Tells, from now on, why each shared connection was lost or could not be made, and that it is
   * there again.
   */
  public void watch(Consumer<String> watcher) {
    watchers.add(watcher);
  }

  public void unwatch(Consumer<String> watcher) {
    watchers.remove(watcher);
  }

  void onLost(String reason) {
    lost = true;
    lostAt = System.nanoTime();
    tell(reason);
  }

  /** A shared connection is there again, to whoever has the node's address now. */
  void onMadeAgain() {
    tell("it was connected to again");
  }

  /** Whether a shared connection was ever lost, or could not be made. */
  boolean hasLost() {
    return lost;
  }

  /** When that was so last. */
  long lostAt() {
    return lostAt;
  }

  private void tell(String reason) {
    watchers.forEach(watcher -> watcher.accept(reason));
  }

  /** What waits for the node shall wait no longer; the connections are made anew. */
  public void giveUp(String reason) {
    closePinned(reason);
    List.copyOf(links.values()).forEach(link -> link.giveUp(reason));
  }

  /** The node has lost the role that clients had connections of their own for. */
  public void closePinned(String reason) {
    List.copyOf(pinned).forEach(connection -> connection.lose(reason));
  }

  /** No more clients come; connections of clients' own are closed when they are given back. */
  public void retire() {
    retired = true;
    tell(0, 0);
    List.copyOf(resting).forEach(each -> each.connection().abort());
  }

  public void close() {
    closed = true;
    tell(0, 0);
    waiting.clear();
    List.copyOf(links.values()).forEach(NodeLink::close);
    List.copyOf(pinned).forEach(NodeChannel::abort);
  }

  /** Tells the meters what is open and awaited now. */
  void sample() {
    int connections = pinned.size();
    int inFlight = 0;
    for (NodeLink link : links.values()) {
      connections += link.openConnections();
      inFlight += link.inFlight();
    }
    tell(connections, inFlight);
  }

  private void tell(int connections, int inFlight) {
    meters.onSampled(connections - sampledConnections, inFlight - sampledInFlight);
    sampledConnections = connections;
    sampledInFlight = inFlight;
  }

  void onRest(PinnedConnection connection) {
    if (retired) {
      connection.abort();
      return;
    }
    meters.onUnpinned();
    resting.addFirst(new Resting(connection, System.nanoTime()));
    serveWaiting();
    sweepLater();
  }

  void onClosed(PinnedConnection connection) {
    if (pinned.remove(connection) && !removeResting(connection)) {
      meters.onUnpinned();
    }
    serveWaiting();
  }

  private boolean removeResting(PinnedConnection connection) {
    // When many are closed it is the oldest ones, one after the other.
    for (Iterator<Resting> all = resting.descendingIterator(); all.hasNext(); ) {
      if (all.next().connection() == connection) {
        all.remove();
        return true;
      }
    }
    return false;
  }

  /** In the order in which they came, as long as there is a connection, or room for one more. */
  private void serveWaiting() {
    if (serving) {
      // One that rests is being closed for who comes next.
      return;
    }
    serving = true;
    try {
      while (!closed && !waiting.isEmpty() && hasRoom()) {
        Waiting next = waiting.remove();
        meters.onPinWaitEnds();
        pin(next.identity(), next.holder());
      }
    } finally {
      serving = false;
    }
    if (!waiting.isEmpty() && connector.limit().isReached()) {
      serveLater();
    }
  }

  private boolean hasRoom() {
    boolean canBeMade = pinned.size() < options.maxPinned() && !connector.limit().isReached();
    return canBeMade || !resting.isEmpty();
  }

  /** Whoever makes room by then may not be one of ours. */
  private void serveLater() {
    if (!servingLater && !closed) {
      servingLater = true;
      connector.schedule(
          UNTIL_ROOM,
          () -> {
            servingLater = false;
            serveWaiting();
          });
    }
  }

  /**
   * For a connection that clients share. It asks for something in any case, if only for the number
   * of the connection: a server that has no place answers the first request with that, whosever it
   * is.
   */
  private Handshake handshake(Identity identity) {
    Identity wanted = atNode(identity);
    return new Handshake(wanted, wanted.requests().isEmpty(), isAgreed(identity));
  }

  /** What a node takes a session's connection for. */
  Identity atNode(Identity identity) {
    return identity.login() == null && login != null ? identity.withLogin(login) : identity;
  }

  /** Sessions have a login of their own when the master has agreed to it. */
  private static boolean isAgreed(Identity identity) {
    return identity.login() != null;
  }

  /** Gives the holder one that no client has; false if there is none of the identity. */
  private boolean pinResting(Identity identity, PinnedConnection.Holder holder) {
    Identity wanted = atNode(identity);
    for (Iterator<Resting> all = resting.iterator(); all.hasNext(); ) {
      PinnedConnection connection = all.next().connection();
      if (connection.identity().equals(wanted)) {
        all.remove();
        meters.onPinned();
        connection.hold(holder);
        return true;
      }
    }
    return false;
  }

  private boolean closeOldestResting() {
    Resting oldest = resting.peekLast();
    if (oldest == null) {
      return false;
    }
    oldest.connection().abort();
    return true;
  }

  private void sweepLater() {
    if (!sweeping && !closed) {
      sweeping = true;
      connector.schedule(options.pinnedIdle(), this::sweep);
    }
  }

  private void sweep() {
    sweeping = false;
    long now = System.nanoTime();
    Resting oldest = resting.peekLast();
    while (oldest != null && now - oldest.since() >= options.pinnedIdle().toNanos()) {
      oldest.connection().abort();
      oldest = resting.peekLast();
    }
    if (!resting.isEmpty()) {
      sweepLater();
    }
  }
}
