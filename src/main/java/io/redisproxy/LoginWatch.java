package io.redisproxy;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodeProbe;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Looks now and then, with connections that are new, whether the servers still let in who brings no
 * login. One that begins to ask for it lets those stay who have connected before, and so does the
 * proxy; but who connects to it from then on must not share their connections.
 */
final class LoginWatch {
  private static final Logger LOG = Logger.getLogger(LoginWatch.class);

  /** In intervals of probes. */
  private static final int INTERVALS = 5;

  private final Served served;
  private final NodeConnector connector;
  private final ProxySettings.Probe settings;

  /** Those that asked for a login when they were looked at last. */
  private final Set<NodeAddress> asking = new HashSet<>();

  private boolean closed;

  /**
   * Of a listener, on an event loop.
   *
   * @param connector with the TLS of each node
   */
  LoginWatch(Served served, NodeConnector connector, ProxySettings.Probe settings) {
    this.served = served;
    this.connector = connector;
    this.settings = settings;
  }

  void start() {
    lookLater();
  }

  void close() {
    closed = true;
  }

  private void look() {
    if (closed) {
      return;
    }
    Topology topology = served.group().topology();
    List<NodeAddress> members =
        topology
            .memberIndices()
            .mapToObj(topology::address)
            .filter(node -> served.loginAt(node) == null)
            .toList();
    asking.retainAll(members);
    members.forEach(this::lookAt);
    lookLater();
  }

  private void lookLater() {
    Duration interval = served.config().health().probeInterval().orElse(settings.interval());
    connector.schedule(interval.multipliedBy(INTERVALS), this::look);
  }

  private void lookAt(NodeAddress node) {
    new NodeProbe(node, null, connector, settings.timeout())
        .greet()
        .onSuccess(nothing -> asking.remove(node))
        .onFailure(why -> onFailure(node, why));
  }

  private void onFailure(NodeAddress node, Throwable why) {
    if (why instanceof NodeProbe.RefusedException && asking.add(node) && !closed) {
      LOG.infof(
          "listener %s: node %s asks for a password now; clients that are connected stay so, as at"
              + " a server, and those that connect from now on have to say it",
          served.group().name(), node);
      served.beginEra();
    }
  }
}
