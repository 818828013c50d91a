package io.redisproxy.metrics;

import java.util.Locale;

/** What kind of error the proxy itself answered. */
public enum ErrorKind {
  /** A node was lost while its reply was awaited. */
  NODE_LOST,
  /** A node did not answer, and other nodes' replies behind its own could wait no longer. */
  NODE_SILENT,
  /** No node that could have answered was reachable. */
  NODE_UNREACHABLE,
  /** No replica could serve a read, and the master may get no more of them. */
  FALLBACK,
  /** The client gave a wrong user or password. */
  LOGIN,
  /** The listener denies the command. */
  DENIED,
  /** The client did not speak the Redis protocol. */
  PROTOCOL;

  /** In small letters, as metrics have it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
