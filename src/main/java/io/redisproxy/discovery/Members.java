package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import java.util.List;
import java.util.Map;

/** Who is told which nodes there are: a group. */
@FunctionalInterface
public interface Members {
  /**
   * These are the nodes from now on.
   *
   * @param master one of them; null if the source doesn't know which is the master
   * @param zones where those are of which the source knows it
   */
  void onMembers(List<NodeAddress> nodes, NodeAddress master, Map<NodeAddress, String> zones);
}
