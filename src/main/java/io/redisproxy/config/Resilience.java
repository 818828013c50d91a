package io.redisproxy.config;

import java.time.Duration;
import java.util.Optional;

/**
 * What a listener does about requests whose node fails.
 *
 * @param readTimeout how long a node may take for a read while another could be asked
 * @param readAttempts how often a read is sent at the most
 * @param masterFallback how many reads the master takes over from replicas that fail
 * @param holdWrites how long requests that were not sent wait for a node; zero: not at all
 * @param hedge when a read is sent to a second replica as the first one is slow; empty: never
 */
public record Resilience(
    Duration readTimeout,
    int readAttempts,
    MasterFallback masterFallback,
    Duration holdWrites,
    Optional<Hedge> hedge) {

  public static final Resilience DEFAULT =
      new Resilience(Duration.ofSeconds(1), 3, MasterFallback.ALWAYS, Duration.ofSeconds(2));

  /** Without hedges. */
  public Resilience(
      Duration readTimeout, int readAttempts, MasterFallback masterFallback, Duration holdWrites) {
    this(readTimeout, readAttempts, masterFallback, holdWrites, Optional.empty());
  }
}
