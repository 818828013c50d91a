package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which node of the configuration each address is one of that a name stands for, and what each name
 * was found to stand for last, for who looks it up after a reload.
 */
public final class ListedNames {
  /**
   * A name.
   *
   * @param addresses empty before it was found
   * @param several whether each of them is a server by itself
   */
  record Found(Set<String> addresses, boolean several) {
    static final Found NOTHING = new Found(Set.of(), false);
  }

  private final Map<NodeAddress, NodeAddress> listed = new ConcurrentHashMap<>();
  private final Map<String, Found> found = new ConcurrentHashMap<>();

  /** The node as it is listed: itself, if it did not come from a name. Any thread may ask. */
  public NodeAddress listed(NodeAddress node) {
    return listed.getOrDefault(node, node);
  }

  void put(NodeAddress node, NodeAddress from) {
    listed.put(node, from);
  }

  Found found(String name) {
    return found.getOrDefault(name, Found.NOTHING);
  }

  void put(String name, Found now) {
    found.put(name, now);
  }

  /**
   * Others are not listed any more: who has their addresses by the time that they are again may be
   * anybody.
   */
  public void keep(Set<String> names) {
    found.keySet().retainAll(names);
  }
}
