package io.redisproxy.config;

import java.util.Map;

/**
 * Where a listener's reads shall go among the nodes that may serve them.
 *
 * @param includeMaster whether the master takes a share, too
 * @param touchMaster whether the master is told of a sample of the keys that replicas are read
 *     from, so that it doesn't evict them
 * @param weights shares of the nodes that were given one, 0 for none; ask {@link #weightOf}
 * @param zones where the nodes are of which it is said; ask {@link #zoneOf}
 */
public record ReadPreference(
    ReadPolicy policy,
    boolean includeMaster,
    boolean touchMaster,
    Map<NodeAddress, Integer> weights,
    Map<NodeAddress, String> zones) {

  /** What a listener has that says nothing of it. */
  public static final ReadPreference DEFAULT =
      new ReadPreference(ReadPolicy.ROUND_ROBIN, false, Map.of(), Map.of());

  private static final int DEFAULT_WEIGHT = 1;

  public ReadPreference {
    weights = Map.copyOf(weights);
    zones = Map.copyOf(zones);
  }

  /** Without {@code touchMaster}. */
  public ReadPreference(
      ReadPolicy policy,
      boolean includeMaster,
      Map<NodeAddress, Integer> weights,
      Map<NodeAddress, String> zones) {
    this(policy, includeMaster, false, weights, zones);
  }

  public int weightOf(NodeAddress node) {
    return weights.getOrDefault(node, DEFAULT_WEIGHT);
  }

  /** Empty if it is not said. */
  public String zoneOf(NodeAddress node) {
    return zones.getOrDefault(node, "");
  }
}
