package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.NodeMeters;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * An event loop's way to a node: the connection that its clients share, made anew when it is lost.
 * While a node can't be reached the pauses between attempts grow, with jitter, and requests fail at
 * once.
 */
public final class NodeLink implements NodeConnection.Owner {

  /** How connections are made and when they are given up. */
  public record Options(Duration reconnectMin, Duration reconnectMax, Duration slowTimeout) {}

  private final NodeAddress node;
  private final NodeConnector connector;
  private final FlushQueue flushQueue;
  private final NodeMeters meters;
  private final Options options;

  private NodeConnection current;
  private NodeFailure lastFailure;
  private int failedAttempts;
  private boolean closed;

  public NodeLink(
      NodeAddress node,
      NodeConnector connector,
      FlushQueue flushQueue,
      NodeMeters meters,
      Options options) {
    this.node = node;
    this.connector = connector;
    this.flushQueue = flushQueue;
    this.meters = meters;
    this.options = options;
    connect();
  }

  public NodeAddress node() {
    return node;
  }

  /**
   * The shared connection, connected or on the way to be; null while the node can't be reached, see
   * {@link #failure()}.
   */
  public NodeConnection connection() {
    return current;
  }

  /** Whether the shared connection is up now. */
  public boolean isConnected() {
    return current != null && current.isConnected();
  }

  /** Why there is no connection. */
  public NodeFailure failure() {
    return lastFailure;
  }

  /** A connection to the same node for one client alone; to be retired by who asked for it. */
  public NodeConnection openExclusive() {
    return open(new NodeConnection.Owner() {});
  }

  /**
   * A connection of one client's own.
   *
   * @param preface requests to send before the client's own, taken over
   */
  public PinnedConnection openPinned(PinnedConnection.Client client, List<ByteBuf> preface) {
    PinnedConnection connection = new PinnedConnection(node, flushQueue, meters, client, preface);
    connector.connect(node, connection, connection::onConnectFailed);
    return connection;
  }

  public void close() {
    closed = true;
    if (current != null) {
      current.retire();
    }
  }

  @Override
  public void onAnswering() {
    failedAttempts = 0;
  }

  @Override
  public void onHeld(NodeConnection held) {
    if (held == current) {
      connect();
      held.retire();
    }
  }

  @Override
  public void onClosed(NodeConnection connection, NodeFailure failure) {
    if (connection != current) {
      return;
    }
    lastFailure = new NodeFailure(node, failure.reason(), false);
    current = null;
    if (closed) {
      return;
    }
    meters.onLost();
    if (failedAttempts++ == 0) {
      connect();
    } else {
      connector.schedule(pause(), this::connectAgain);
    }
  }

  private void connectAgain() {
    if (!closed && current == null) {
      connect();
    }
  }

  private void connect() {
    current = open(this);
  }

  private NodeConnection open(NodeConnection.Owner owner) {
    NodeConnection connection =
        new NodeConnection(node, flushQueue, meters, options.slowTimeout(), owner);
    connector.connect(node, connection, connection::onConnectFailed);
    return connection;
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
