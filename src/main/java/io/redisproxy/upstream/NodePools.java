package io.redisproxy.upstream;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.tls.TlsPeer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * An event loop's connections to all nodes: one pool for each, whichever listeners use it, as long
 * as one does.
 */
public final class NodePools {

  /**
   * A node.
   *
   * @param login what it is told of sessions that bring none; null if nothing
   * @param peer as whom it is connected to by TLS; null if without
   */
  private record Endpoint(NodeAddress node, Login login, TlsPeer peer) {}

  /** A pool, and how many listeners use it. */
  private static final class Used {
    final NodePool pool;
    int users;

    Used(NodePool pool) {
      this.pool = pool;
    }
  }

  private final NodeConnector connector;
  private final FlushQueue flushQueue;
  private final ProxyMeters meters;
  private final NodePool.Options options;
  private final Map<Endpoint, Used> pools = new HashMap<>();

  public NodePools(
      NodeConnector connector,
      FlushQueue flushQueue,
      ProxyMeters meters,
      NodePool.Options options) {
    this.connector = connector;
    this.flushQueue = flushQueue;
    this.meters = meters;
    this.options = options;
  }

  /**
   * One listener needs a node.
   *
   * @param login for sessions that bring none; null if the node asks for none
   * @param peer as whom it is connected to by TLS; null if without
   */
  public NodePool enter(NodeAddress node, Login login, TlsPeer peer) {
    Used used =
        pools.computeIfAbsent(
            new Endpoint(node, login, peer),
            made ->
                new Used(
                    new NodePool(
                        node,
                        login,
                        peer == null ? connector : connector.secured(any -> peer),
                        flushQueue,
                        meters.node(node.toString()),
                        options)));
    used.users++;
    return used.pool;
  }

  /** One listener needs the pool no more. */
  public void leave(NodePool pool) {
    pools
        .values()
        .removeIf(
            used -> {
              boolean last = used.pool == pool && --used.users == 0;
              if (last) {
                pool.retire();
              }
              return last;
            });
  }

  /** See {@link NodePool#nowhere}. */
  public NodePool nowhere(Supplier<String> absence) {
    return NodePool.nowhere(connector, flushQueue, meters.unseenNode(), options, absence);
  }

  /** Tells the meters what is open and awaited now; on the event loop, every now and then. */
  public void sample() {
    pools.values().forEach(used -> used.pool.sample());
  }

  public void close() {
    pools.values().forEach(used -> used.pool.close());
  }
}
