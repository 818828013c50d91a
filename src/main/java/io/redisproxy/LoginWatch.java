package io.redisproxy;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.ProxySettings;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodeProbe;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** Whether a node asked for a login when it was looked at last. */
  private final Map<NodeAddress, Boolean> asking = new HashMap<>();

  private boolean closed;

  /**
   * Of a listener, on an event loop.
   *
   * @param connector without TLS
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
    asking.keySet().retainAll(members);
    members.forEach(this::lookAt);
    lookLater();
  }

  private void lookLater() {
    Duration interval = served.config().health().probeInterval().orElse(settings.interval());
    connector.schedule(interval.multipliedBy(INTERVALS), this::look);
  }

  private void lookAt(NodeAddress node) {
    NodeProbe probe =
        new NodeProbe(
            node, null, connector.secured(any -> served.peerAt(node)), settings.timeout());
    probe
        .ask(List.of("PING"))
        .onComplete(any -> probe.close())
        .onSuccess(answers -> onAnswer(node, answers.get(0).startsWith("-NOAUTH")));
  }

  private void onAnswer(NodeAddress node, boolean asks) {
    boolean asked = Boolean.TRUE.equals(asking.put(node, asks));
    boolean begins = asks && !asked;
    if (begins && !closed) {
      LOG.infof(
          "listener %s: node %s asks for a password now; clients that are connected stay so, as at"
              + " a server, and those that connect from now on have to say it",
          served.group().name(), node);
      served.beginEra();
    }
  }
}
