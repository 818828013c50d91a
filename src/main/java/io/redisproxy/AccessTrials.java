package io.redisproxy;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.tls.TlsPeer;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.NodeProbe;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Tries changed credentials, and TLS, at the nodes: whoever changes a password can't do so here and
 * at all servers at the same moment. Until a node takes what is new, all that it is connected to by
 * is what was before.
 */
final class AccessTrials {
  private static final Logger LOG = Logger.getLogger(AccessTrials.class);

  private final Served served;
  private final NodeConnector connector;
  private final Duration interval;
  private final Duration timeout;
  private final Set<NodeAddress> trying = new HashSet<>();
  private final Set<NodeAddress> told = new HashSet<>();
  private boolean closed;

  /**
   * Of a listener, on an event loop.
   *
   * @param connector without TLS
   * @param interval from one attempt to the next
   * @param timeout how long a node may take
   */
  AccessTrials(Served served, NodeConnector connector, Duration interval, Duration timeout) {
    this.served = served;
    this.connector = connector;
    this.interval = interval;
    this.timeout = timeout;
  }

  /** Tries all that there is to try. */
  void begin() {
    for (NodeAddress node : served.refusing()) {
      if (trying.add(node)) {
        attempt(node);
      }
    }
  }

  void close() {
    closed = true;
  }

  private void attempt(NodeAddress node) {
    if (closed || !served.refusing().contains(node) || !served.isMember(node)) {
      served.forgetFormer(node);
      end(node);
      return;
    }
    NodeAccess wanted = served.wantedAt(node);
    Future<Void> taken = greet(node, wanted.login(), wanted.peer());
    if (wanted.probeLogin() != null && !wanted.probeLogin().equals(wanted.login())) {
      taken = taken.compose(nothing -> greet(node, wanted.probeLogin(), wanted.peer()));
    }
    taken.onComplete(outcome -> onTried(node, wanted, outcome));
  }

  /** Fails if the node can't be reached, or lets nobody in. */
  private Future<Void> greet(NodeAddress node, Login login, TlsPeer peer) {
    NodeConnector way = peer == null ? connector : connector.secured(any -> peer);
    return new NodeProbe(node, login, way, timeout).greet();
  }

  private void onTried(NodeAddress node, NodeAccess tried, AsyncResult<Void> outcome) {
    if (closed) {
      return;
    }
    if (!tried.equals(served.wantedAt(node))) {
      // It was changed again meanwhile.
      attempt(node);
    } else if (outcome.succeeded()) {
      if (told.contains(node)) {
        LOG.infof("listener %s: node %s takes what was changed", served.group().name(), node);
      }
      end(node);
      served.onTaken(node);
    } else {
      onRefused(node, NodeFailure.reasonOf(outcome.cause()));
    }
  }

  private void onRefused(NodeAddress node, String reason) {
    served.meters().onAccessRefused();
    if (told.add(node)) {
      LOG.warnf(
          "listener %s: node %s does not take the changed credentials or TLS (%s); those before"
              + " stay in use there until it does",
          served.group().name(), node, reason.strip());
    }
    connector.schedule(interval, () -> attempt(node));
  }

  private void end(NodeAddress node) {
    trying.remove(node);
    told.remove(node);
  }
}
