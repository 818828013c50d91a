package io.redisproxy.discovery;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.upstream.Login;
import io.redisproxy.upstream.NodeConnector;
import io.redisproxy.upstream.NodeProbe;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Asks servers what they are, to see whether others are right about them. */
final class RoleCheck {

  /** What a server says it is. */
  enum Role {
    MASTER,
    REPLICA,
    /** It doesn't answer, or not that. */
    UNKNOWN
  }

  private final Function<NodeAddress, Login> logins;
  private final NodeConnector connector;
  private final Duration timeout;

  /** The questions that are not answered yet. */
  private final Map<NodeAddress, Future<Role>> asked = new HashMap<>();

  /** {@code logins}: what to say to a server first, or null. */
  RoleCheck(Function<NodeAddress, Login> logins, NodeConnector connector, Duration timeout) {
    this.logins = logins;
    this.connector = connector;
    this.timeout = timeout;
  }

  /**
   * Never fails. Who asks while a question is open gets the answer to that, or a server that hangs
   * would keep those waiting who ask again and again.
   */
  Future<Role> ask(NodeAddress node) {
    Future<Role> open = asked.get(node);
    if (open != null) {
      return open;
    }
    NodeProbe probe = new NodeProbe(node, logins.apply(node), connector, timeout);
    Future<Role> question =
        probe
            .ask(List.of("INFO replication"))
            .map(answers -> role(answers.get(0)))
            .otherwise(Role.UNKNOWN)
            .onComplete(
                done -> {
                  asked.remove(node);
                  probe.close();
                });
    asked.put(node, question);
    return question;
  }

  private static Role role(String info) {
    if (info.contains("\nrole:master")) {
      return Role.MASTER;
    }
    return info.contains("\nrole:slave") ? Role.REPLICA : Role.UNKNOWN;
  }
}
