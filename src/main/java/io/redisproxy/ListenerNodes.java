package io.redisproxy;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.metrics.RequestMeters;
import io.redisproxy.metrics.RoleMeters;
import io.redisproxy.session.Nodes;
import io.redisproxy.upstream.NodePool;
import io.redisproxy.upstream.NodePools;

/** The nodes of one listener on one event loop, with its credentials and its counts. */
record ListenerNodes(Served listener, NodePools pools, ProxyMeters meters, int eventLoop)
    implements Nodes {

  @Override
  public NodePool enter(NodeAddress node) {
    return pools.enter(node, listener.loginAt(node), listener.peerAt(node));
  }

  @Override
  public void suspect(int node, String reason) {
    listener.group().suspect(node, reason);
  }

  @Override
  public void suspectReplaced(int node, String reason) {
    listener.group().suspectReplaced(node, reason);
  }

  @Override
  public void distrust(int node, String reason) {
    listener.group().distrust(node, reason);
  }

  @Override
  public boolean isProbedSince(int node, long time) {
    return listener.group().topology().nodes().get(node).askedAt() - time >= 0;
  }

  @Override
  public boolean isJudgedSince(int node, long time) {
    return !listener.group().topology().nodes().get(node).answers() || isProbedSince(node, time);
  }

  @Override
  public void onLoginsChanged() {
    listener.beginEra();
  }

  @Override
  public void leave(NodePool pool) {
    pools.leave(pool);
  }

  @Override
  public RoleMeters meters(NodeAddress node) {
    return new RoleMeters(
        role -> meters.requests(listener.group().name(), node.toString(), role, eventLoop));
  }

  @Override
  public NodePool nowhere() {
    return pools.nowhere(() -> "no master is known: " + listener.group().topology().reason());
  }

  @Override
  public RoleMeters unseen() {
    return new RoleMeters(role -> new RequestMeters());
  }
}
