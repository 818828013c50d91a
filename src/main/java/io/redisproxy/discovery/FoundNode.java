package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;

/** A server that a source knows; {@code isMaster}: whether the source says so. */
record FoundNode(NodeAddress address, boolean isMaster) {}
