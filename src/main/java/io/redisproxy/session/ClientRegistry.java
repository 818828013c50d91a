package io.redisproxy.session;

import io.redisproxy.metrics.ClientTotals;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** All clients of the proxy, whichever port and event loop they are on, in the order they came. */
public final class ClientRegistry {
  private final AtomicLong lastId = new AtomicLong();
  private final Map<Long, ConnectedClient> clients = new ConcurrentSkipListMap<>();

  /** Those of a listener, which to a client are all that its server has. */
  public ListenerClients of(String listener) {
    return new ListenerClients(this, listener);
  }

  /** A number that no other client of this process has or had. */
  long nextId() {
    return lastId.incrementAndGet();
  }

  /** The number of the client that came last. */
  public long lastId() {
    return lastId.get();
  }

  void add(ConnectedClient client) {
    clients.put(client.id(), client);
  }

  /** False when it had been taken out before. */
  boolean remove(ConnectedClient client) {
    return clients.remove(client.id(), client);
  }

  /** The client with that number, or null. */
  ConnectedClient find(long id) {
    ConnectedClient client = clients.get(id);
    return client == null || client.isGone() ? null : client;
  }

  /** Those that are there, of all listeners. */
  Stream<ConnectedClient> present() {
    return clients.values().stream().filter(client -> !client.isGone());
  }

  /** The same, with those that are gone but have not closed. */
  Collection<ConnectedClient> open() {
    return clients.values();
  }

  /** Sums over a listener's clients at this moment. */
  public ClientTotals totals(String listener) {
    int blocked = 0;
    int pinned = 0;
    long output = 0;
    long largest = 0;
    for (ConnectedClient client : clients.values()) {
      if (client.listener().equals(listener)) {
        long waiting = client.outputBytes();
        blocked += client.isBlocked() ? 1 : 0;
        pinned += client.isPinned() ? 1 : 0;
        output += waiting;
        largest = Math.max(largest, waiting);
      }
    }
    return new ClientTotals(blocked, pinned, output, largest);
  }
}
