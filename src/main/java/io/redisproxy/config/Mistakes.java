package io.redisproxy.config;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong, so that the user sees all of it at once. */
final class Mistakes {
  private final List<String> lines = new ArrayList<>();

  /**
   * Notes a mistake.
   *
   * @param place where it is, such as {@code listeners[0].master.port}
   * @param problem what is wrong, and after a semicolon what to do about it
   */
  void add(String place, String problem) {
    lines.add(place + ": " + problem);
  }

  /**
   * Ends the reading if there was a mistake.
   *
   * @param unusable what can't be used because of the mistakes
   */
  void throwIfAny(String unusable) {
    if (!lines.isEmpty()) {
      throw new ConfigException(unusable, lines);
    }
  }
}
