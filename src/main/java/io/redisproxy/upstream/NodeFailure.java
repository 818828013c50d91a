package io.redisproxy.upstream;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.tls.TlsFailure;
import java.net.UnknownHostException;

/**
 * Why a node does not answer.
 *
 * @param node which node; null if there is none that could be asked
 * @param reason what happened, in words
 * @param sent whether requests may have reached the node
 * @param refusal the node's own error reply to the login or the database, without its leading
 *     {@code -}; null when that is not the reason
 */
public record NodeFailure(NodeAddress node, String reason, boolean sent, String refusal) {

  public NodeFailure(NodeAddress node, String reason, boolean sent) {
    this(node, reason, sent, null);
  }

  /** What happened, in words that need not name the node. */
  public static String reasonOf(Throwable cause) {
    if (TlsFailure.is(cause)) {
      return TlsFailure.reason(cause);
    }
    if (cause instanceof UnknownHostException) {
      // Its message is the name alone, or as good as that.
      return "unknown host";
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** {@code refusal}: the node's error reply, without its leading {@code -}. */
  public static NodeFailure refused(NodeAddress node, String refusal) {
    return new NodeFailure(node, "it refuses the connection: " + refusal, false, refusal);
  }

  /** Whether a script keeps the node from letting the connection in. */
  public boolean isBusy() {
    return refusal != null && Handshake.isBusy(refusal);
  }

  /** Whether the node does not take the connection, whosever it is. */
  boolean isRejected() {
    return refusal != null && Handshake.isRejection(refusal);
  }

  /** Whether the node lets nobody in for now, as it is busy or does not take connections. */
  public boolean isTemporary() {
    return isBusy() || isRejected();
  }

  /** Whether it is the user whom the node does not let in; else it may be full, or loading. */
  public boolean isOfLogin() {
    return refusal != null && (refusal.startsWith("WRONGPASS") || refusal.startsWith("NOAUTH"));
  }

  /** The same for requests that were never sent. */
  NodeFailure beforeSending() {
    return new NodeFailure(node, reason, false, refusal);
  }

  /** The text of the error reply to a request, without its leading {@code -}. */
  public String error(boolean write) {
    if (refusal != null) {
      return refusal;
    }
    if (node == null) {
      return "ERR redis-proxy: " + reason;
    }
    if (!sent) {
      return "ERR redis-proxy: node " + node + " can't be reached: " + reason;
    }
    String error = "ERR redis-proxy: node " + node + ": " + reason;
    return write ? error + "; the command may have been executed" : error;
  }
}
