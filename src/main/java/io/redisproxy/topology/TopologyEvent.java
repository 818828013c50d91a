package io.redisproxy.topology;

import io.redisproxy.metrics.TopologyChange;
import java.time.Instant;

/**
 * Something has changed about the nodes of a group.
 *
 * @param text what, and why, in words
 */
public record TopologyEvent(Instant at, TopologyChange change, String text) {}
