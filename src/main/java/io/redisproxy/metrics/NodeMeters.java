package io.redisproxy.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What is counted of the connections to one node. */
public final class NodeMeters {
  private final Counter bytesIn;
  private final Counter bytesOut;
  private final Counter connected;
  private final Counter lost;
  private final Counter errorReplies;

  NodeMeters(MeterRegistry registry, String node) {
    bytesIn = bytes(registry, node, "in");
    bytesOut = bytes(registry, node, "out");
    connected =
        Counter.builder("redis_proxy.node.connects")
            .description("Connections made to a node")
            .tag("node", node)
            .register(registry);
    lost =
        Counter.builder("redis_proxy.node.connection.losses")
            .description("Shared connections to a node that were lost or could not be made")
            .tag("node", node)
            .register(registry);
    errorReplies =
        Counter.builder("redis_proxy.node.error.replies")
            .description("Error replies that a node gave to requests on shared connections")
            .tag("node", node)
            .register(registry);
  }

  private static Counter bytes(MeterRegistry registry, String node, String direction) {
    return Counter.builder("redis_proxy.node.bytes")
        .description("Bytes received from a node (in) and sent to it (out)")
        .tags("node", node, "direction", direction)
        .register(registry);
  }

  public void bytesIn(int bytes) {
    bytesIn.increment(bytes);
  }

  public void bytesOut(int bytes) {
    bytesOut.increment(bytes);
  }

  public void onConnected() {
    connected.increment();
  }

  public void onLost() {
    lost.increment();
  }

  /** How many more of the replies were errors; mostly none. */
  public void errorReplies(long errors) {
    if (errors > 0) {
      errorReplies.increment(errors);
    }
  }
}
