package io.redisproxy.topology;

import io.redisproxy.config.NodeAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is known of a group's nodes at one moment. The data path reads one snapshot a decision.
 *
 * <p>A node has the same index in every snapshot, as cursors carry it. The list only grows: a node
 * that has left the group stays in it, and its place is given to another one long after.
 *
 * @param nodes the nodes by their index, with those that are gone
 * @param master the index of the node that is the master; {@link #NONE} if none is known to be
 * @param readable the indices of the replicas that are fit to be read from; not to be changed
 * @param members a number that changes with the members, not with their health
 * @param reason why the master is that, or none is
 * @param isUnsettled whether it is about to change, most likely
 * @param changes what has changed lately, the newest first
 */
public record Topology(
    List<NodeState> nodes,
    int master,
    int[] readable,
    int members,
    String reason,
    boolean isUnsettled,
    List<TopologyEvent> changes) {
  /** The index of no node. */
  public static final int NONE = -1;

  static final Topology EMPTY =
      new Topology(List.of(), NONE, new int[0], 0, "there is no node", true, List.of());

  static Topology of(
      List<NodeState> nodes, int master, int members, String reason, boolean isUnsettled) {
    int[] readable =
        IntStream.range(0, nodes.size())
            .filter(node -> node != master && nodes.get(node).isHealthy())
            .toArray();
    return new Topology(
        List.copyOf(nodes), master, readable, members, reason, isUnsettled, List.of());
  }

  Topology with(List<TopologyEvent> lastChanges) {
    return new Topology(nodes, master, readable, members, reason, isUnsettled, lastChanges);
  }

  /** Whether requests go where they went before, as nodes are up or down as they were. */
  boolean routesAs(Topology before) {
    return master == before.master
        && members == before.members
        && Arrays.equals(readable, before.readable)
        && IntStream.range(0, nodes.size()).allMatch(node -> isAs(before, node));
  }

  private boolean isAs(Topology before, int node) {
    NodeState now = nodes.get(node);
    NodeState then = before.nodes.get(node);
    return now.answers() == then.answers()
        && now.health().status() == then.health().status()
        && now.health().epoch() == then.health().epoch();
  }

  /** The indices of the nodes that belong to the group. */
  public IntStream memberIndices() {
    return IntStream.range(0, nodes.size()).filter(this::isMember);
  }

  /** The same without the master. */
  public IntStream replicas() {
    return memberIndices().filter(node -> node != master);
  }

  /** Whether there is a node of that index that belongs to the group. */
  public boolean isMember(int node) {
    return node >= 0 && node < nodes.size() && nodes.get(node).isMember();
  }

  /** Whether it may be read from as a replica. */
  public boolean isReadable(int node) {
    return Arrays.binarySearch(readable, node) >= 0;
  }

  public NodeAddress address(int node) {
    return nodes.get(node).address();
  }

  /** What a node is: master or replica. */
  public String role(int node) {
    return node == master ? "master" : "replica";
  }

  /** The index of the member with an address; {@link #NONE} if there is none. */
  public int indexOf(NodeAddress address) {
    return memberIndices().filter(i -> address(i).equals(address)).findFirst().orElse(NONE);
  }
}
