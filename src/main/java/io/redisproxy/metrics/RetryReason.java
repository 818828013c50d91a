package io.redisproxy.metrics;

import java.util.Locale;

/** Why requests were sent again. */
public enum RetryReason {
  /** The connection was lost before the reply. */
  LOST,
  /** The connection could not be made, so that nothing had been sent. */
  UNREACHABLE,
  /** The node was silent for too long. */
  TIMEOUT,
  LOADING,
  MASTERDOWN,
  CLUSTERDOWN,
  BUSY,
  NOSCRIPT,
  READONLY,
  NOREPLICAS,
  MISCONF,
  /** A replica said that there is nothing, and the listener wants the master to be asked, too. */
  NIL;

  /** In small letters, as metrics have it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
