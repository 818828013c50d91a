package io.redisproxy.config;

import java.time.Duration;
import java.util.Optional;

/**
 * When a node counts as fit.
 *
 * @param maxLagBytes a replica that is further behind its master gets no reads, until it is half as
 *     far
 * @param maxLagSeconds the same for one that has heard nothing from its master for longer
 * @param probeInterval the time from one check of a node to the next; empty for the process' own
 * @param probeTimeout a node that hasn't answered for so long has failed the check; empty for the
 *     process' own
 * @param unhealthyAfter checks in a row that a node has to fail to count as down
 * @param healthyAfter checks in a row that a node has to pass to count as up again
 * @param staleGrace how long replicas that are all cut off from their master keep serving
 */
public record HealthLimits(
    long maxLagBytes,
    Duration maxLagSeconds,
    Optional<Duration> probeInterval,
    Optional<Duration> probeTimeout,
    int unhealthyAfter,
    int healthyAfter,
    Duration staleGrace) {

  public static final HealthLimits DEFAULT =
      new HealthLimits(
          64L * 1024 * 1024,
          // A master that has nothing to say says so every ten seconds.
          Duration.ofSeconds(30),
          Optional.empty(),
          Optional.empty(),
          2,
          2,
          Duration.ofSeconds(10));
}
