package io.redisproxy.discovery;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Where the proxy itself is: as the user says, or else as the label of the cluster's node says that
 * it runs on, from the moment that it is known.
 */
public final class OwnZone {
  private static final Logger LOG = Logger.getLogger(OwnZone.class);

  private final Optional<String> clusterNode;
  private final SharedClient clients;
  private final NodeZones zones;
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private volatile String zone;
  private boolean open;
  private boolean closed;

  /**
   * {@code said}: by the user.
   *
   * @param clusterNode asked for where the user says nothing; empty outside of Kubernetes
   */
  public OwnZone(Optional<String> said, Optional<String> clusterNode, SharedClient clients) {
    this.clusterNode = said.isPresent() ? Optional.empty() : clusterNode;
    this.clients = clients;
    zone = said.orElse("");
    zones = new NodeZones("the proxy's own zone", this::look);
  }

  /** Whether it is known, or may come to be. */
  public boolean isSought() {
    return clusterNode.isPresent() || !zone.isEmpty();
  }

  /** Empty if it isn't known. */
  public String now() {
    return zone;
  }

  /** {@code listener}: told of another one, on any thread. */
  public void onChange(Consumer<String> listener) {
    listeners.add(listener);
  }

  /** See {@link #onChange}. */
  public void forget(Consumer<String> listener) {
    listeners.remove(listener);
  }

  /** Begins to ask for it. */
  public void start() {
    clusterNode.ifPresent(
        node -> Background.runUntilDone("kubernetes-zone", () -> open(node), zones::onFailure));
  }

  /** Asks no more. */
  public void close() {
    if (clusterNode.isPresent()) {
      Background.run("kubernetes-zone", this::shut);
    }
  }

  private synchronized void open(String node) {
    if (!closed) {
      clients.acquireFor(client -> zones.open(client, Optional.of(node)));
      open = true;
    }
  }

  private synchronized void shut() {
    closed = true;
    if (open) {
      open = false;
      zones.close();
      clients.release();
    }
  }

  /** A node that is gone, as the API server says, has not moved. */
  private void look() {
    String next = zones.of(clusterNode.orElseThrow());
    if (!next.isEmpty() && !next.equals(zone)) {
      zone = next;
      LOG.infof("the proxy is in the zone %s, that of its node %s", next, clusterNode.get());
      listeners.forEach(listener -> listener.accept(next));
    }
  }
}
