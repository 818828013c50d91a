package io.redisproxy.metrics;

import java.util.Locale;

/** What came of a configuration that was read again. */
public enum ReloadResult {
  /** It is in effect. */
  APPLIED,
  /** It is the one that was in effect. */
  UNCHANGED,
  /** It can't be used; the one before stays in effect. */
  REFUSED;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
