package io.redisproxy;

import io.quarkus.runtime.configuration.ConfigurationException;

/**
 * The proxy can't start for a reason that the user can remove, such as a port that is taken. Thrown
 * while Quarkus starts, it ends the process with status 1 and its message on stderr: that is what
 * Quarkus does for its own exceptions of this kind; for any other it logs the stack trace too.
 */
final class StartException extends ConfigurationException {
  private static final long serialVersionUID = 1L;

  StartException(String message) {
    super(message);
  }
}
