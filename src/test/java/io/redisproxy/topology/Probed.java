package io.redisproxy.topology;

/** Tells a group what a probe of a node would have found. */
public final class Probed {
  private Probed() {}

  public static void up(NodeGroup group, int node) {
    group.onProbed(node, NodeHealth.healthy(1));
  }

  public static void down(NodeGroup group, int node) {
    group.onProbed(node, NodeHealth.unhealthy("test"));
  }
}
