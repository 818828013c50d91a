package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;

/**
 * The replies that one client waits for at one connection, for requests that were sent in a row.
 */
public abstract class PendingReplies {
  private int wanted;

  /** How many replies are still to come. */
  public final int wanted() {
    return wanted;
  }

  /** More requests went the same way. */
  protected final void want(int requests) {
    wanted += requests;
  }

  /** Counts replies as they end. */
  final void received(int replies) {
    wanted -= replies;
  }

  /**
   * Takes over bytes of the replies; those of the last one have come when {@link #wanted()} is 0.
   */
  protected abstract void onReplies(ByteBuf bytes);

  /**
   * The connection is lost, or never was; the replies that are still wanted won't come.
   *
   * @param insideReply whether a part of the first of them has come
   */
  protected abstract void onLost(NodeFailure failure, boolean insideReply);

  /** Whether the client takes its replies too slowly to be sent more. */
  protected abstract boolean isCongested();

  /**
   * The connection is not read from any more, since this client is congested; it waits for {@link
   * NodeConnection#resume()}.
   */
  protected abstract void onHeld(NodeConnection connection);

  /** Others have waited too long behind this client, which must go. */
  protected abstract void onTooSlow();

  /** The client whose replies these are. */
  protected abstract Object client();
}
