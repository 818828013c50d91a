package io.redisproxy.config;

import java.util.Objects;

/**
 * A user and its password, as AUTH takes them. The text doesn't show the password, so that records
 * that contain one can be logged.
 *
 * @param username {@link #DEFAULT_USER} if the configuration names none
 */
public record Credentials(String username, String password) {
  /** The user that Redis means when AUTH is given a password alone, as before Redis 6. */
  public static final String DEFAULT_USER = "default";

  public Credentials {
    Objects.requireNonNull(username);
    Objects.requireNonNull(password);
  }

  /** Whether AUTH may be given the password alone, which servers before Redis 6 insist on. */
  public boolean isDefaultUser() {
    return username.equals(DEFAULT_USER);
  }

  @Override
  public String toString() {
    return "Credentials[username=" + username + ", password=***]";
  }
}
