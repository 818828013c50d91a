package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The conditions of a status: they keep the time since when they hold. */
final class Conditions {
  static final String TRUE = "True";
  static final String FALSE = "False";
  static final String UNKNOWN = "Unknown";

  /** What Kubernetes takes. */
  private static final int LONGEST = 32_768;

  private final List<Condition> before;
  private final Long generation;
  private final List<Condition> now = new ArrayList<>();

  Conditions(List<Condition> before, Long generation) {
    this.before = before;
    this.generation = generation;
  }

  void add(String type, String status, String reason, String message) {
    Optional<Condition> last = find(before, type);
    String since =
        last.filter(condition -> condition.getStatus().equals(status))
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    now.add(
        new ConditionBuilder()
            .withType(type)
            .withStatus(status)
            .withReason(reason)
            .withMessage(
                message.length() <= LONGEST ? message : message.substring(0, LONGEST - 3) + "...")
            .withObservedGeneration(generation)
            .withLastTransitionTime(since)
            .build());
  }

  List<Condition> all() {
    return List.copyOf(now);
  }

  /** Those that are not what they were. */
  List<Condition> news() {
    return now.stream().filter(condition -> !isKnown(condition)).toList();
  }

  private boolean isKnown(Condition condition) {
    return find(before, condition.getType())
        .filter(last -> last.getStatus().equals(condition.getStatus()))
        .filter(last -> last.getReason().equals(condition.getReason()))
        .filter(
            last ->
                condition.getStatus().equals(TRUE)
                    || last.getMessage().equals(condition.getMessage()))
        .isPresent();
  }

  private static Optional<Condition> find(List<Condition> conditions, String type) {
    return conditions.stream().filter(condition -> condition.getType().equals(type)).findAny();
  }
}
