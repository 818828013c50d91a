package io.redisproxy.session;

import java.util.Locale;

/** What CLIENT LIST and CLIENT KILL select by. No client of the proxy is a master or a replica. */
enum ClientType {
  NORMAL,
  MASTER,
  REPLICA,
  PUBSUB;

  static ClientType of(ConnectedClient client) {
    return client.flags().contains(ClientFlag.PUBSUB) ? PUBSUB : NORMAL;
  }

  /** The type of that name in any case. */
  static ClientType named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "normal" -> NORMAL;
      case "master", "primary" -> MASTER;
      case "replica", "slave" -> REPLICA;
      case "pubsub" -> PUBSUB;
      default -> throw new RefusedException("Unknown client type '" + name + "'");
    };
  }
}
