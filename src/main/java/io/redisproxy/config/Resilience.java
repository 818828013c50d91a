package io.redisproxy.config;

import java.time.Duration;

/**
 * What a listener does about requests whose node fails.
 *
 * @param readTimeout how long a node may take for a read while another could be asked
 * @param readAttempts how often a read is sent at the most
 * @param masterFallback how many reads the master takes over from replicas that fail
 * @param holdWrites how long requests that were not sent wait for a node; zero: not at all
 */
public record Resilience(
    Duration readTimeout, int readAttempts, MasterFallback masterFallback, Duration holdWrites) {

  public static final Resilience DEFAULT =
      new Resilience(Duration.ofSeconds(1), 3, MasterFallback.ALWAYS, Duration.ofSeconds(2));
}
