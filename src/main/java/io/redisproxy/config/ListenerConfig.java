package io.redisproxy.config;

import java.util.List;

public record ListenerConfig(int port, NodeAddress master, List<NodeAddress> replicas) {}
