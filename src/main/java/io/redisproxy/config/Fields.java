package io.redisproxy.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The keys and values of a JSON object. Keys that aren't known are noted as mistakes. */
final class Fields {
  private final Value object;
  private final Set<String> misspelt = new HashSet<>();

  Fields(Value object, List<String> known) {
    this.object = object;
    for (Iterator<String> keys = object.node().fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      if (!known.contains(key)) {
        refuse(key, known);
      }
    }
  }

  Optional<Value> optional(String key) {
    JsonNode node = object.node().get(key);
    return node == null ? Optional.empty() : Optional.of(object.inside(key, node));
  }

  /**
   * The value of a key that has to be there.
   *
   * @param sample what its value could be, in JSON
   */
  Optional<Value> required(String key, String sample) {
    Optional<Value> value = optional(key);
    if (!mentions(key)) {
      object.mistake('"' + key + "\" is missing; add \"" + key + "\": " + sample);
    }
    return value;
  }

  /** Whether the key is there, or one that was probably meant to be it. */
  boolean mentions(String key) {
    return object.node().has(key) || misspelt.contains(key);
  }

  private void refuse(String key, List<String> known) {
    List<String> missing = known.stream().filter(k -> !object.node().has(k)).toList();
    Optional<String> meant = Spelling.nearest(key, missing);
    meant.ifPresent(misspelt::add);
    object
        .inside(key, object.node().get(key))
        .mistake(
            "unknown key; "
                + meant
                    .map(m -> "did you mean \"" + m + "\"?")
                    .orElse("use " + String.join(", ", known)));
  }
}
