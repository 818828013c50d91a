package io.redisproxy.session;

import io.redisproxy.metrics.RequestMeters;
import io.redisproxy.upstream.NodeLink;

/** A node that a listener's requests can go to, as one event loop sees it. */
record Target(NodeLink link, boolean isMaster, RequestMeters meters) {}
