package io.redisproxy.topology;

import java.util.List;

/**
 * What is known of a group's nodes at one moment. The data path reads one snapshot a decision.
 *
 * @param nodes the health of each node, in the order of {@link NodeGroup#nodes()}
 * @param master the index of the master
 * @param readable the indices of the replicas that are fit to be read from; not to be changed
 */
public record Topology(List<NodeHealth> nodes, int master, int[] readable) {

  /** The configured roles, with the health that the probes have found. */
  static Topology of(List<NodeHealth> nodes) {
    int[] readable = new int[nodes.size()];
    int count = 0;
    for (int i = NodeGroup.MASTER + 1; i < nodes.size(); i++) {
      if (nodes.get(i).isHealthy()) {
        readable[count++] = i;
      }
    }
    return new Topology(
        List.copyOf(nodes), NodeGroup.MASTER, java.util.Arrays.copyOf(readable, count));
  }
}
