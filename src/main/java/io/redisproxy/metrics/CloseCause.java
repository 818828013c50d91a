package io.redisproxy.metrics;

import java.util.Locale;

/** Why a client's connection ended. */
public enum CloseCause {
  /** The client closed it. */
  CLIENT,
  /** The client sent QUIT. */
  QUIT,
  /** CLIENT KILL. */
  KILLED,
  /** What the client sent is not the Redis protocol. */
  PROTOCOL_ERROR,
  /** There were as many as the process has file descriptors for. */
  MAX_CLIENTS,
  /** The client did not speak TLS where it has to. */
  NOT_TLS,
  /** The client did not come to the end of the TLS handshake in time. */
  TLS_TIMEOUT,
  /** The client's certificate was missing, or not in order. */
  TLS_CERTIFICATE,
  /** The client refused the proxy's certificate, or else what TLS it offers. */
  TLS_REFUSED,
  /** TLS failed for another reason. */
  TLS_ERROR,
  /** The client did not read its replies while others waited behind it. */
  SLOW_CLIENT,
  /** Memory was short, and the client was one of those with the most of it, or there was none. */
  MEMORY,
  /** The client had ended its input, and no reply came to tell whether it was still there. */
  HALF_CLOSED,
  /** The proxy, or the port, was to end. */
  DRAINED,
  /** A node was lost in the middle of a reply, or with a session that lived on it. */
  NODE_LOST,
  /** The master has ended the connection for the client, and doesn't let its user in any more. */
  LOGIN_REFUSED,
  /** The proxy made a mistake, which it has logged. */
  INTERNAL_ERROR;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
