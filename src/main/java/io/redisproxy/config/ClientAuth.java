package io.redisproxy.config;

import java.util.Locale;

/** Whether clients have to show a certificate of their own. */
public enum ClientAuth {
  /** They are not asked for one. */
  NONE,
  /** They need none, but what they show has to be in order. */
  OPTIONAL,
  /** Those without one that is in order are not let in. */
  REQUIRED;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
