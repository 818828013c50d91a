package io.redisproxy.metrics;

import java.util.Locale;

/** Why a read went where it did. */
public enum ReadReason {
  /** To a replica, which has all that the read must see. */
  REPLICA,
  /** To the master, which takes a share as the listener's configuration says. */
  SHARE,
  /** To the master: no replica is known to have what was written to the keys just now. */
  RECENT_WRITE,
  /** To the master: no replica is healthy and connected. */
  HEALTH,
  /** To the master, so that it doesn't overtake writes of the same client. */
  ORDER,
  /** To the master, behind other requests that go there. */
  JOINED,
  /** To another node than at first, which failed. */
  RETRY;

  /** In small letters, as metrics have it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
