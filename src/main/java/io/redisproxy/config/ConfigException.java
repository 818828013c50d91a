package io.redisproxy.config;

import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;

/**
 * The user's configuration can't be used; the message is meant for the user and complete. Quarkus
 * prints it without a stack trace, as for its own exceptions of this kind.
 */
public final class ConfigException extends ConfigurationException {
  private static final long serialVersionUID = 1L;

  private final List<String> mistakes;

  /** One line for what can't be used, and an indented one for each mistake. */
  ConfigException(String unusable, List<String> mistakes) {
    super(unusable + " can't be used:\n  " + String.join("\n  ", mistakes));
    this.mistakes = List.copyOf(mistakes);
  }

  /** Each with its place. */
  public List<String> mistakes() {
    return mistakes;
  }
}
