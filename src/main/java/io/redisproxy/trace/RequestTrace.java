package io.redisproxy.trace;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.RetryReason;
import io.redisproxy.metrics.TimeSpent;
import java.util.List;

/**
 * How it went with consecutive requests of a client that were sent to a node in one piece.
 *
 * @param operation the command's name; null if the requests are of several commands
 * @param listener its port
 * @param node the one that answered, or was asked last; null if there was none to ask
 * @param database its index
 * @param role what the node was to the requests that were sent first: master or replica
 * @param reason why they went there
 * @param client its address
 * @param spent how long it took, and where the time went
 * @param error why the client got no replies of a node's, in a word; null if it did
 * @param resent how often, and why, they were sent again
 */
public record RequestTrace(
    String operation,
    int requests,
    String listener,
    NodeAddress node,
    int database,
    String role,
    String reason,
    String client,
    TimeSpent spent,
    String error,
    List<Resent> resent) {

  /**
   * The requests were sent again.
   *
   * @param at when, by {@link System#nanoTime}
   * @param from the node whose reply was not to be had, or not to do; null if there was none
   * @param reason why
   */
  public record Resent(long at, NodeAddress from, RetryReason reason) {}
}
