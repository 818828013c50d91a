package io.redisproxy.discovery;

import io.netty.util.NetUtil;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.upstream.NodeConnector;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Follows the names among the listed nodes: one with several addresses, such as that of a headless
 * Service, is as many nodes, and one whose address changes is another node. Which is the master,
 * the nodes tell. What can't be found stays as it is, also when other nodes are listed beside it.
 *
 * <p>All of it runs on one event loop.
 */
public final class DnsWatch implements NodeSource {

  private final List<NodeAddress> nodes;
  private final ListedNames listed;
  private final Map<String, WatchedName> names = new LinkedHashMap<>();
  private Members members;
  private List<NodeAddress> told = List.of();

  /**
   * For the listener of that name.
   *
   * @param interval after which a name is looked up again when it isn't known how long it holds
   */
  public DnsWatch(
      String listener,
      List<NodeAddress> nodes,
      ListedNames listed,
      NodeConnector connector,
      Duration interval) {
    this.nodes = nodes;
    this.listed = listed;
    nodes.stream()
        .filter(DnsWatch::hasName)
        .map(NodeAddress::host)
        .distinct()
        .forEach(
            name ->
                names.put(
                    name,
                    new WatchedName(listener, name, interval, connector, listed, this::tell)));
    listed.keep(names.keySet());
  }

  /** Whether any of the nodes has a name. */
  public static boolean isNeeded(Collection<NodeAddress> nodes) {
    return nodes.stream().anyMatch(DnsWatch::hasName);
  }

  private static boolean hasName(NodeAddress node) {
    return !NetUtil.isValidIpV4Address(node.host()) && !NetUtil.isValidIpV6Address(node.host());
  }

  @Override
  public void start(Members toTell) {
    members = toTell;
    tell();
    names.values().forEach(WatchedName::look);
  }

  @Override
  public void close() {
    names.values().forEach(WatchedName::close);
  }

  private void tell() {
    Set<NodeAddress> taken = new HashSet<>();
    nodes.stream().filter(node -> !isSeveral(node)).map(this::addresses).forEach(taken::addAll);
    Set<NodeAddress> all = new LinkedHashSet<>();
    for (NodeAddress node : nodes) {
      if (!isSeveral(node)) {
        all.add(node);
        continue;
      }
      for (NodeAddress address : addresses(node)) {
        // Not the same server by another name, such as the master among all pods of a Service.
        if (taken.add(address)) {
          listed.put(address, node);
          all.add(address);
        }
      }
    }
    List<NodeAddress> now = List.copyOf(all);
    if (!now.equals(told)) {
      told = now;
      members.onMembers(now, null, Map.of());
    }
  }

  private boolean isSeveral(NodeAddress node) {
    WatchedName name = names.get(node.host());
    return name != null && name.isSeveral();
  }

  private Set<NodeAddress> addresses(NodeAddress node) {
    WatchedName name = names.get(node.host());
    if (name == null) {
      return Set.of(node);
    }
    Set<NodeAddress> addresses = new LinkedHashSet<>();
    name.addresses().forEach(each -> addresses.add(new NodeAddress(each, node.port())));
    return addresses;
  }
}
