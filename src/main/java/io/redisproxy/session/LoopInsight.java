package io.redisproxy.session;

import io.redisproxy.metrics.CommandCounts;

/**
 * What the sessions of one listener on one event loop note of their requests.
 *
 * @param commands how many of each command, and how long they took
 */
public record LoopInsight(CommandCounts commands) {}
