package io.redisproxy.config;

import java.util.List;

/**
 * One element of the JSON array: a port to open and the servers behind it.
 *
 * @param port the port that clients connect to, {@code listen} in the JSON
 * @param replicas {@code slave} in the JSON; empty if the master serves everything
 */
public record ListenerConfig(int port, NodeAddress master, List<NodeAddress> replicas) {
  public ListenerConfig {
    replicas = List.copyOf(replicas);
  }
}
