package io.redisproxy.session;

import io.redisproxy.config.HealthLimits;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.metrics.RequestMeters;
import io.redisproxy.metrics.RoleMeters;
import io.redisproxy.route.Router;
import io.redisproxy.topology.NodeGroup;
import io.redisproxy.upstream.NodePool;
import java.time.Duration;

/** What sessions need that are tested without any node. */
record NoNodes(ProxyMeters meters) implements Nodes {

  static Backend backend(ProxyMeters meters) {
    return backend(new NodeGroup("6380", HealthLimits.DEFAULT), meters);
  }

  static Backend backend(NodeGroup group, ProxyMeters meters) {
    return new Backend(
        new Router(group, null, ReadPreference.DEFAULT, "", node -> node, 0),
        new NoNodes(meters),
        null,
        null,
        Duration.ZERO,
        0);
  }

  /** A target that is the first node, the master, or another one. */
  static Target target(int node, ProxyMeters meters) {
    RoleMeters counts = new RoleMeters(role -> meters.requests("6380", role, role, 0));
    return new Target(node, null, null, () -> 0, counts, new NoNodes(meters));
  }

  @Override
  public NodePool enter(NodeAddress node) {
    throw new IllegalStateException("there is none");
  }

  @Override
  public void leave(NodePool pool) {
    throw new IllegalStateException("there is none");
  }

  @Override
  public void suspect(int node, String reason) {}

  @Override
  public void suspectReplaced(int node, String reason) {}

  @Override
  public void distrust(int node, String reason) {}

  @Override
  public boolean isProbedSince(int node, long time) {
    return true;
  }

  @Override
  public boolean isJudgedSince(int node, long time) {
    return true;
  }

  @Override
  public void onLoginsChanged() {}

  @Override
  public RoleMeters meters(NodeAddress node) {
    throw new IllegalStateException("there is none");
  }

  @Override
  public NodePool nowhere() {
    return NodePool.nowhere(null, null, meters.unseenNode(), null, () -> "there is none");
  }

  @Override
  public RoleMeters unseen() {
    return new RoleMeters(role -> new RequestMeters());
  }
}
