package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Which node of the configuration each address is one of that a name stands for. */
public final class ListedNames {
  private final Map<NodeAddress, NodeAddress> listed = new ConcurrentHashMap<>();

  /** The node as it is listed: itself, if it did not come from a name. Any thread may ask. */
  public NodeAddress listed(NodeAddress node) {
    return listed.getOrDefault(node, node);
  }

  void put(NodeAddress node, NodeAddress from) {
    listed.put(node, from);
  }
}
