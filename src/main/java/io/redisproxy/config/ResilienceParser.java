package io.redisproxy.config;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a listener says of requests whose node fails. */
final class ResilienceParser {
  static final List<String> KEYS =
      List.of("readTimeout", "readAttempts", "masterFallback", "holdWrites", "hedge");

  static final List<String> HEDGE_KEYS = List.of("quantile", "floor", "maxPercent");

  static final String FALLBACK = "^(always|never|[1-9]\\d{0,8}/s)$";

  static final int MAX_ATTEMPTS = 10;
  static final double LEAST_QUANTILE = 0.5;
  static final double MOST_QUANTILE = 0.9999;

  private static final Pattern FALLBACK_PATTERN = Pattern.compile(FALLBACK);

  private ResilienceParser() {}

  static Resilience parse(Fields fields) {
    Resilience defaults = Resilience.DEFAULT;
    return new Resilience(
        fields
            .optional("readTimeout")
            .flatMap(value -> value.asTime(1))
            .orElse(defaults.readTimeout()),
        fields
            .optional("readAttempts")
            .flatMap(value -> value.asNumber(1, MAX_ATTEMPTS).map(Long::intValue))
            .orElse(defaults.readAttempts()),
        fields
            .optional("masterFallback")
            .flatMap(ResilienceParser::fallback)
            .orElse(defaults.masterFallback()),
        fields
            .optional("holdWrites")
            .flatMap(value -> value.asTime(0))
            .orElse(defaults.holdWrites()),
        fields.optional("hedge").flatMap(ResilienceParser::hedge));
  }

  private static Optional<Hedge> hedge(Value value) {
    Hedge defaults = Hedge.DEFAULT;
    return value
        .asObject("hedge", "{ \"maxPercent\": 5 }", HEDGE_KEYS)
        .map(
            fields ->
                new Hedge(
                    fields
                        .optional("quantile")
                        .flatMap(part -> part.asFraction(LEAST_QUANTILE, MOST_QUANTILE))
                        .orElse(defaults.quantile()),
                    fields
                        .optional("floor")
                        .flatMap(time -> time.asTime(0))
                        .orElse(defaults.floor()),
                    fields
                        .optional("maxPercent")
                        .flatMap(percent -> percent.asNumber(1, 100).map(Long::intValue))
                        .orElse(defaults.maxPercent())));
  }

  private static Optional<MasterFallback> fallback(Value value) {
    String written = value.node().textValue();
    if (written == null || !FALLBACK_PATTERN.matcher(written).matches()) {
      value.mistake(
          value.show()
              + " is not a share of the master; use \"always\", \"never\", or reads in a second"
              + " such as \"1000/s\"");
      return Optional.empty();
    }
    return Optional.of(
        switch (written) {
          case "always" -> MasterFallback.ALWAYS;
          case "never" -> MasterFallback.NEVER;
          default -> new MasterFallback(Long.parseLong(written.substring(0, written.length() - 2)));
        });
  }
}
