package io.redisproxy.consistency;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.topology.Topology;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** The nodes of a group, by their index in its topology. */
final class SampledNodes {
  private final BiFunction<Integer, NodeAddress, SampledNode> newNode;

  /** Null in place of a node that has left. */
  private final List<SampledNode> nodes = new ArrayList<>();

  private int members;

  SampledNodes(BiFunction<Integer, NodeAddress, SampledNode> newNode) {
    this.newNode = newNode;
  }

  /** How many places there are. */
  int size() {
    return nodes.size();
  }

  boolean has(int index) {
    return index < nodes.size() && nodes.get(index) != null;
  }

  SampledNode get(int index) {
    return nodes.get(index);
  }

  void forEachBut(int index, Consumer<SampledNode> action) {
    for (SampledNode node : nodes) {
      if (node != null && node.index() != index) {
        action.accept(node);
      }
    }
  }

  /** The indices of those that stay when nodes have come or gone; null if none have. */
  BitSet follow(Topology topology) {
    if (topology.members() == members) {
      return null;
    }
    members = topology.members();
    BitSet stay = new BitSet();
    for (int i = 0; i < topology.nodes().size(); i++) {
      if (i == nodes.size()) {
        nodes.add(null);
      }
      SampledNode before = nodes.get(i);
      NodeAddress address = topology.isMember(i) ? topology.address(i) : null;
      if (before != null && before.address().equals(address)) {
        stay.set(i);
        continue;
      }
      if (before != null) {
        before.close();
      }
      nodes.set(i, address == null ? null : newNode.apply(i, address));
    }
    return stay;
  }

  void close() {
    forEachBut(Topology.NONE, SampledNode::close);
  }
}
