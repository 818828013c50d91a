package io.redisproxy.config;

import java.util.Locale;

/** Where the user wants a command to go, whatever its flags say. */
public enum CommandOverride {
  /** To a replica. */
  READ,
  /** To the master, as something that may change data. */
  WRITE,
  /** To the master, although it changes nothing. */
  MASTER;

  /** How the JSON writes it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
