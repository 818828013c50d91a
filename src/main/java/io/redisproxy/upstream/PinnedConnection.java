package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOption;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.NodeMeters;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.resp.ReplyScanner;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A connection to a node that one client has to itself for a time, since it holds a state of the
 * client's: a transaction, subscriptions, a command that waits. Between two clients it rests in its
 * {@link NodePool}.
 */
public final class PinnedConnection extends NodeChannel {

  /** The client whose connection it is. */
  public interface Holder {
    /** The connection is the client's from now on. It may be on the way to be made. */
    void onPinned(PinnedConnection connection);

    /**
     * What the client gets now of a RESP3 push, whose bytes are taken over.
     *
     * @param ends whether they are the last ones of the push
     */
    default ByteBuf translated(ByteBuf bytes, boolean ends) {
      return bytes;
    }

    /** Takes over bytes that answer no request, such as messages. */
    void onPush(ByteBuf bytes);

    /** Whether the client takes more; if not, it says when with {@link #setReading}. */
    boolean takesMore(PinnedConnection connection);

    /** The connection is closed, or could not be made; what waits for replies is told next. */
    void onLost(NodeFailure failure);
  }

  private final NodePool pool;
  private Identity identity;
  private final ReplyScanner scanner = new ReplyScanner();
  private final Subscriptions subscriptions;
  private Holder holder;
  private boolean relaying;
  private byte[] name;
  private volatile long id = -1;

  /** Whether the node was too busy to tell it: others may have to name the connection by it. */
  private boolean idMissing;

  PinnedConnection(
      NodeAddress node,
      FlushQueue flushQueue,
      NodeMeters meters,
      Identity identity,
      boolean loginAgreed,
      NodePool pool) {
    super(node, flushQueue, meters, new Handshake(identity, true, loginAgreed));
    this.identity = identity;
    subscriptions = new Subscriptions(identity.protocol());
    this.pool = pool;
  }

  Identity identity() {
    return identity;
  }

  /** The node has agreed to another identity of it. */
  public void become(Identity agreed) {
    identity = pool.atNode(agreed);
    subscriptions.speak(identity.protocol());
  }

  /** The node's number for the connection; -1 while it is not known. For any thread. */
  public long id() {
    return id;
  }

  /** Whether the node was told this name for the connection; null for none. */
  public boolean hasName(byte[] other) {
    return Arrays.equals(name, other);
  }

  /** The node is told this name. */
  public void setName(byte[] told) {
    name = told;
  }

  public Subscriptions subscriptions() {
    return subscriptions;
  }

  /** Whether replies are awaited. */
  public boolean isAwaited() {
    return !pending.isEmpty();
  }

  /** From now on all that the node sends goes to the holder as it is. */
  public void relay() {
    relaying = true;
  }

  /** Whether to read from the node: not while the client has enough to take. */
  public void setReading(boolean reading) {
    if (context() != null && !isClosed()) {
      context().channel().config().setAutoRead(reading);
    }
  }

  /**
   * The client needs it no more.
   *
   * @param clean whether it is as it was when new; if not, it is closed
   */
  public void release(boolean clean) {
    holder = null;
    boolean rests = clean && !idMissing && !relaying;
    if (rests && !isClosed() && !isAwaited() && !scanner.isInsideReply()) {
      setReading(true);
      pool.onRest(this);
    } else {
      if (!subscriptions.isEmpty() && !isAwaited() && !relaying) {
        leaveNothingBehind();
      }
      abort();
    }
  }

  /**
   * The connection is reset when it is closed. Closed in order it would stay in TIME-WAIT (RFC
   * 9293), and clients who subscribe and leave would use up the ports. Only for one over which all
   * that was sent has been answered.
   */
  private void leaveNothingBehind() {
    // Netty closes a channel before it tells; its descriptor may be another one's by then.
    if (context() != null && context().channel().isOpen()) {
      context().channel().config().setOption(ChannelOption.SO_LINGER, 0);
    }
  }

  void hold(Holder newHolder) {
    holder = newHolder;
    holder.onPinned(this);
  }

  /** Another object stands for the client from now on. */
  public void handOver(Holder newHolder) {
    holder = newHolder;
  }

  @Override
  void onReady() {
    id = handshake().id();
    idMissing = handshake().isIdMissing();
  }

  @Override
  public boolean isInsideReply() {
    return scanner.isInsideReply();
  }

  @Override
  void onFailed(NodeFailure why) {
    pool.onClosed(this);
    if (holder != null) {
      holder.onLost(why);
    }
  }

  @Override
  void onBytes(ByteBuf in) {
    if (relaying && holder != null) {
      holder.onPush(in);
    } else {
      try {
        readItems(in);
      } catch (NotRedisException e) {
        lose(e.getMessage());
      } finally {
        in.release();
      }
    }
    if (holder != null && !holder.takesMore(this)) {
      setReading(false);
    }
  }

  private void readItems(ByteBuf in) {
    while (in.isReadable() && !isClosed()) {
      int from = in.readerIndex();
      PendingReplies next = pending.peek();
      boolean subscribed = !subscriptions.isEmpty() || (next != null && next.isSubscription());
      boolean begins = !scanner.isInsideReply();
      long errorsBefore = scanner.errors();
      int end = scanner.scanItem(in, from);
      if (subscribed) {
        if (begins) {
          subscriptions.begin();
        }
        subscriptions.add(in, from, end);
      }
      if (!scanner.isInsideReply()) {
        if (!onItem(next, subscribed)) {
          lose("answered what was not asked: " + excerpt(in));
          return;
        }
        if (next != null && scanner.errors() > errorsBefore) {
          next.onError();
        }
      }
      ByteBuf bytes = in.readRetainedSlice(end - from);
      if (scanner.isPush() && holder != null) {
        bytes = holder.translated(bytes, !scanner.isInsideReply());
      }
      if (next != null && scanner.isPush()) {
        next.onPush(bytes);
      } else if (next != null) {
        next.onReplies(bytes);
      } else if (holder != null) {
        holder.onPush(bytes);
      } else {
        bytes.release();
      }
    }
  }

  /** An item has ended; false if it is a reply to no request. */
  private boolean onItem(PendingReplies next, boolean subscribed) {
    Subscriptions.Item item =
        subscribed
            ? subscriptions.end()
            : scanner.isPush() ? Subscriptions.Item.MESSAGE : Subscriptions.Item.REPLY;
    if (item == Subscriptions.Item.REPLY && scanner.isPush()) {
      item = Subscriptions.Item.MESSAGE;
    }
    if (next == null) {
      return item != Subscriptions.Item.REPLY;
    }
    switch (item) {
      case REPLY -> next.received(next.isSubscription() ? next.wanted() : 1);
      case CONFIRMATION -> {
        if (next.isSubscription()) {
          next.onConfirmed(subscriptions);
        }
      }
      case MESSAGE -> {}
    }
    if (next.wanted() == 0) {
      pending.remove();
    }
    return true;
  }

  private static String excerpt(ByteBuf in) {
    return in.toString(
            in.readerIndex(), Math.min(in.readableBytes(), 200), StandardCharsets.ISO_8859_1)
        .strip();
  }
}
