package io.redisproxy.session;

import io.redisproxy.metrics.RequestMeters;
import io.redisproxy.upstream.NodeLink;
import io.redisproxy.upstream.NodePool;

/**
 * A node that a listener's requests can go to, as sessions of one identity on one event loop reach
 * it.
 *
 * @param node its index in the group
 * @param link the connection that these sessions share
 * @param pool gives a session a connection of its own
 */
record Target(int node, NodeLink link, NodePool pool, boolean isMaster, RequestMeters meters) {

  String role() {
    return isMaster ? "master" : "replica";
  }
}
