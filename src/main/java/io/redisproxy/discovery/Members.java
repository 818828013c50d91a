package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import java.util.List;

/** Who is told which nodes there are: a group. */
@FunctionalInterface
public interface Members {
  /**
   * These are the nodes from now on.
   *
   * @param master one of them; null if the source doesn't know which is the master
   */
  void onMembers(List<NodeAddress> nodes, NodeAddress master);
}
