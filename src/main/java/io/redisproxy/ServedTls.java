package io.redisproxy;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ListenerTls;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.NodeTls;
import io.redisproxy.tls.TlsClient;
import io.redisproxy.tls.TlsPeer;
import io.redisproxy.tls.TlsServer;
import javax.net.ssl.SSLException;

/** A listener's TLS with clients and with nodes; each null where it is without. */
record ServedTls(TlsServer server, TlsClient client) {

  /**
   * Of a listener.
   *
   * @throws StartException if Java can't work with what is written
   */
  static ServedTls of(ListenerConfig config) {
    return new ServedTls(
        config.tls().map(tls -> server(config, tls)).orElse(null),
        config.nodeTls().map(tls -> client(config, tls)).orElse(null));
  }

  /** The same if nothing about it is different, so that sessions of TLS can be resumed. */
  static ServedTls of(ListenerConfig config, ListenerConfig before, ServedTls made) {
    boolean same = config.tls().equals(before.tls()) && config.nodeTls().equals(before.nodeTls());
    return same ? made : of(config);
  }

  /** Null if the node is connected to without TLS; {@code listed}: its name as it is written. */
  TlsPeer peerAt(NodeAddress listed) {
    return client == null ? null : client.peer(listed.host());
  }

  private static TlsServer server(ListenerConfig config, ListenerTls tls) {
    try {
      return new TlsServer(tls);
    } catch (SSLException e) {
      throw unusable(config, "tls", e);
    }
  }

  private static TlsClient client(ListenerConfig config, NodeTls tls) {
    try {
      return new TlsClient(tls);
    } catch (SSLException e) {
      throw unusable(config, "nodeTls", e);
    }
  }

  private static StartException unusable(ListenerConfig config, String key, SSLException cause) {
    Throwable root = cause.getCause() == null ? cause : cause.getCause();
    return new StartException(
        "listener "
            + config.port()
            + ": Java can't work with what \""
            + key
            + "\" names ("
            + root.getMessage()
            + "); use another certificate and key");
  }
}
