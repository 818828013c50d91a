package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;

/**
 * A server that a source knows.
 *
 * @param isMaster whether the source says so
 * @param zone where it is, empty if the source doesn't know
 */
record FoundNode(NodeAddress address, boolean isMaster, String zone) {}
