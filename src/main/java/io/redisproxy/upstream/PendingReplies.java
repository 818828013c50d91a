package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;

/**
 * The replies that one client waits for at one connection, for requests that were sent in a row.
 */
public abstract class PendingReplies {
  private int wanted;
  private boolean insideReply;
  private boolean scripts;
  private long sentAt;

  /** How many replies are still to come. */
  public final int wanted() {
    return wanted;
  }

  /** More requests went the same way. */
  protected final void want(int requests) {
    wanted += requests;
  }

  /** Whether a part of the next reply has come. */
  protected final boolean isInsideReply() {
    return insideReply;
  }

  /** Counts replies as they end. */
  protected final void received(int replies) {
    wanted -= replies;
    insideReply = false;
  }

  /** The same; {@code insideNext}: whether a part of the next reply has come, too. */
  final void received(int replies, boolean insideNext) {
    wanted -= replies;
    insideReply = insideNext;
  }

  /**
   * Takes over bytes of a RESP3 push that came before the next reply, or confirms a subscription.
   */
  protected void onPush(ByteBuf bytes) {
    onReplies(bytes);
  }

  /** A reply has ended that is an error. Told on connections of one client's own only. */
  protected void onError() {}

  /**
   * Whether requests that subscribe or unsubscribe are awaited: what answers them is not counted as
   * replies, see {@link #onConfirmed}.
   */
  protected boolean isSubscription() {
    return false;
  }

  /** A confirmation has ended, and is taken into account in {@code subscriptions}. */
  protected void onConfirmed(Subscriptions subscriptions) {}

  /**
   * Takes over bytes of the replies; those of the last one have come when {@link #wanted()} is 0.
   */
  protected abstract void onReplies(ByteBuf bytes);

  /**
   * Whether a reply that is nil is to be told apart from others, as an error is; on connections
   * that clients share only.
   */
  protected boolean wantsNilsApart() {
    return false;
  }

  /**
   * Takes over bytes of an error reply, which may be in pieces, or of a nil if that is {@linkplain
   * #wantsNilsApart wanted}; told on connections that clients share only.
   */
  protected void onReplyApart(ByteBuf bytes) {
    onReplies(bytes);
  }

  /**
   * The connection is lost, or never was; the replies that are still wanted won't come.
   *
   * @param insideReply whether a part of the first of them has come
   */
  protected abstract void onLost(NodeFailure failure, boolean insideReply);

  /**
   * Whether the requests were sent by a time of {@link System#nanoTime}; all behind them were sent
   * later. Those of which it isn't known pass for sent.
   */
  protected boolean isSentBy(long time) {
    return true;
  }

  /** They have been waited for longer than they should. */
  protected void onOverdue() {}

  /** Whether anybody still waits for them here, rather than for another node's or not at all. */
  protected boolean isWanted() {
    return true;
  }

  /**
   * There are scripts among the requests, which may keep the node from the next ones.
   *
   * @param time when they are sent, of {@link System#nanoTime}
   */
  protected final void onScripts(long time) {
    scripts = true;
    sentAt = time;
  }

  final boolean hasScripts() {
    return scripts;
  }

  /** When the scripts, if there are any, were sent. */
  final long scriptsSentAt() {
    return sentAt;
  }

  /** Whether the client takes its replies too slowly to be sent more. */
  protected abstract boolean isCongested();

  /**
   * The connection is not read from any more, since this client is congested; it waits for {@link
   * NodeConnection#resume()}.
   */
  protected abstract void onHeld(NodeConnection connection);

  /**
   * Others have waited too long behind this client, which must make room or go. It is told again
   * when it has done neither for as long.
   */
  protected abstract void onTooSlow();

  /** The client whose replies these are. */
  protected abstract Object client();
}
