package io.redisproxy.config;

import java.util.List;
import java.util.Optional;

/**
 * The Sentinels that know a listener's servers.
 *
 * @param service the name that they know the master by
 * @param nodes some of them; the others are found through these
 * @param credentials what to say to the Sentinels themselves
 */
public record SentinelConfig(
    String service, List<NodeAddress> nodes, Optional<Credentials> credentials) {

  public SentinelConfig {
    nodes = List.copyOf(nodes);
  }

  /** As a message names it. */
  @Override
  public String toString() {
    return service + " of the Sentinels " + nodes;
  }
}
