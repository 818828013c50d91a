package io.redisproxy.config;

import java.util.Locale;

/** What a listener's reads may see. */
public enum Consistency {
  /** Every write that was acknowledged through this proxy. */
  READ_YOUR_WRITES,
  /** What any healthy replica has. */
  EVENTUAL;

  /** How the JSON writes it. */
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
