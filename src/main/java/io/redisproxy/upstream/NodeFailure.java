package io.redisproxy.upstream;

import io.redisproxy.config.NodeAddress;

/**
 * Why a node does not answer.
 *
 * @param node which node
 * @param reason what happened, in words
 * @param sent whether requests may have reached the node
 */
public record NodeFailure(NodeAddress node, String reason, boolean sent) {

  /** The text of the error reply to a request, without its leading {@code -}. */
  public String error(boolean write) {
    if (!sent) {
      return "ERR redis-proxy: node " + node + " can't be reached: " + reason;
    }
    String error = "ERR redis-proxy: node " + node + ": " + reason;
    return write ? error + "; the command may have been executed" : error;
  }
}
