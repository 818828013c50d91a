package io.redisproxy.admin;

import io.redisproxy.metrics.ReloadResult;
import java.time.Instant;
import java.util.List;

/**
 * The last time that the configuration was read again.
 *
 * @param cause why it was, in words
 * @param lines what has changed, or what is wrong
 */
public record Reloaded(Instant at, String cause, ReloadResult result, List<String> lines) {}
