package io.redisproxy.session;

import java.util.List;

/**
 * The clients of one listener, on all event loops: those that a client of it sees, ends and wakes.
 * Those of other listeners are clients of other servers.
 */
public final class ListenerClients {
  private final ClientRegistry all;
  private final String listener;

  ListenerClients(ClientRegistry all, String listener) {
    this.all = all;
    this.listener = listener;
  }

  /** See {@link ClientRegistry#nextId}. */
  long nextId() {
    return all.nextId();
  }

  void add(ConnectedClient client) {
    all.add(client);
  }

  /** False when it had been taken out before. */
  boolean remove(ConnectedClient client) {
    return all.remove(client);
  }

  /** The client with that number, or null. */
  ConnectedClient find(long id) {
    ConnectedClient client = all.find(id);
    return client != null && isOurs(client) ? client : null;
  }

  /** The number that a node knows the client's own connection by; -1 when it has none. */
  long idAtNode(long id) {
    ConnectedClient client = find(id);
    return client == null ? -1 : client.idAtNode();
  }

  /** Shows clients that come and go meanwhile, or not; each once at most. */
  List<ConnectedClient> all() {
    return all.present().filter(this::isOurs).toList();
  }

  private boolean isOurs(ConnectedClient client) {
    return client.listener().equals(listener);
  }
}
