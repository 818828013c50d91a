package io.redisproxy.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a listener says of the checks of its nodes. */
final class HealthParser {
  static final List<String> KEYS =
      List.of(
          "maxLagBytes",
          "maxLagSeconds",
          "probeInterval",
          "probeTimeout",
          "unhealthyAfter",
          "healthyAfter",
          "staleGrace");

  static final long MAX_BYTES = 1L << 50;
  static final int MAX_SECONDS = 86_400;
  static final int MAX_CHECKS = 100;

  private HealthParser() {}

  static HealthLimits limits(Fields fields) {
    HealthLimits defaults = HealthLimits.DEFAULT;
    return new HealthLimits(
        number(fields, "maxLagBytes", MAX_BYTES).orElse(defaults.maxLagBytes()),
        number(fields, "maxLagSeconds", MAX_SECONDS)
            .map(Duration::ofSeconds)
            .orElse(defaults.maxLagSeconds()),
        fields.optional("probeInterval").flatMap(value -> value.asTime(1)),
        fields.optional("probeTimeout").flatMap(value -> value.asTime(1)),
        checks(fields, "unhealthyAfter").orElse(defaults.unhealthyAfter()),
        checks(fields, "healthyAfter").orElse(defaults.healthyAfter()),
        fields
            .optional("staleGrace")
            .flatMap(value -> value.asTime(0))
            .orElse(defaults.staleGrace()));
  }

  private static Optional<Integer> checks(Fields fields, String key) {
    return number(fields, key, MAX_CHECKS).map(Long::intValue);
  }

  private static Optional<Long> number(Fields fields, String key, long most) {
    return fields.optional(key).flatMap(value -> value.asNumber(1, most));
  }
}
