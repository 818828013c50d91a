package io.redisproxy.config;

import java.util.List;

/** The configuration has changed, and is right; it replaces the one before. */
public record ListenersChanged(List<ListenerConfig> listeners) {}
