package io.redisproxy.config;

import java.time.Duration;

/**
 * When a second replica is asked for reads that the first one has not begun to answer.
 *
 * @param quantile after the time in which the fastest replica answers this part of its reads
 * @param floor but not before this time
 * @param maxPercent of a hundred runs of reads so many are sent twice at the most
 */
public record Hedge(double quantile, Duration floor, int maxPercent) {
  public static final Hedge DEFAULT = new Hedge(0.99, Duration.ofMillis(1), 5);
}
