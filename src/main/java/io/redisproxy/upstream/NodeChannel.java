package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.NodeMeters;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.tls.TlsFailure;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jboss.logging.Logger;

/**
 * A connection to a node for requests, from its making to its end. It takes requests at once; they
 * leave when the node has let it in. Replies come in the order of the requests.
 */
public abstract class NodeChannel extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = Logger.getLogger(NodeChannel.class);

  private final NodeAddress node;
  private final FlushQueue flushQueue;
  private final NodeMeters meters;
  private final Handshake handshake;
  private final Queue<Runnable> waitingForRoom = new ArrayDeque<>();
  private final Queue<ByteBuf> unsent = new ArrayDeque<>();
  private ChannelHandlerContext context;
  private Outbound out;
  private boolean ready;

  /** Whether the node was too busy to let the connection in, and is not being asked again. */
  private boolean resting;

  private NodeFailure failure;
  private boolean ending;

  /** What awaits its replies, in the order of the requests. */
  final Queue<PendingReplies> pending = new ArrayDeque<>();

  NodeChannel(NodeAddress node, FlushQueue flushQueue, NodeMeters meters, Handshake handshake) {
    this.node = node;
    this.flushQueue = flushQueue;
    this.meters = meters;
    this.handshake = handshake;
  }

  /** Sends bytes of requests, which it takes over; {@link #expect} says whose they are. */
  public void send(ByteBuf requests) {
    if (failure != null) {
      requests.release();
    } else if (!ready) {
      unsent.add(requests);
      askAgain();
    } else {
      meters.bytesOut(requests.readableBytes());
      out.write(requests);
    }
  }

  /** Gives the replies to the requests sent next to {@code replies}. */
  public void expect(PendingReplies replies) {
    if (failure != null) {
      replies.onLost(failure, false);
    } else {
      pending.add(replies);
    }
  }

  /** Whether the connection is up, and the node has let it in. */
  public boolean isConnected() {
    return ready && failure == null;
  }

  /** Whether the connection is up, and the node was too busy to let it in when asked last. */
  boolean isResting() {
    return resting && failure == null;
  }

  public boolean isClosed() {
    return failure != null;
  }

  /** Whether more can be sent now; if not, see {@link #whenWritable}. */
  public boolean isWritable() {
    return failure != null || ((ready || resting) && out.isWritable());
  }

  /** Runs the action when there is room to send more, or the connection is lost. */
  public void whenWritable(Runnable action) {
    waitingForRoom.add(action);
  }

  /** No more requests will be sent; the node answers what it has and closes. */
  public void endOfRequests() {
    ending = true;
    if (isConnected()) {
      out.end();
    }
  }

  /** Closes now; what is pending is lost. */
  public void abort() {
    lose("connection closed");
  }

  /** Whether bytes of a reply have come whose end has not. */
  abstract boolean isInsideReply();

  /** The node takes requests from now on. */
  void onReady() {}

  /**
   * A script keeps the node too busy to let the connection in, as it says in an error without its
   * {@code -}; what has been asked for so far is not sent.
   *
   * @return whether it shall be asked again for what comes next; if not, the connection has failed
   */
  boolean onBusy(String error) {
    return false;
  }

  /** Bytes of replies came; they are taken over. */
  abstract void onBytes(ByteBuf in);

  /** The connection is closed, or could not be made; those that wait are told after this. */
  abstract void onFailed(NodeFailure why);

  final Handshake handshake() {
    return handshake;
  }

  final NodeMeters meters() {
    return meters;
  }

  final NodeAddress node() {
    return node;
  }

  /** Null until connected. */
  final ChannelHandlerContext context() {
    return context;
  }

  final void onConnectFailed(Throwable cause) {
    fail(new NodeFailure(node, NodeFailure.reasonOf(cause), false));
  }

  final void lose(String reason) {
    fail(new NodeFailure(node, reason, ready));
  }

  @Override
  public final void handlerAdded(ChannelHandlerContext ctx) {
    if (failure != null) {
      // Given up on the way.
      ctx.close();
      return;
    }
    context = ctx;
    out = new Outbound(ctx, flushQueue);
    meters.onConnected();
    if (handshake.isEmpty()) {
      toReady();
    } else {
      out.write(handshake.requests(ctx.alloc()));
    }
    if (!ctx.channel().isActive()) {
      lose("connection lost before the reply");
    }
  }

  private void toReady() {
    ready = true;
    for (ByteBuf requests = unsent.poll(); requests != null; requests = unsent.poll()) {
      send(requests);
    }
    if (ending) {
      out.end();
    }
    onReady();
    tellWritable();
  }

  @Override
  public final void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    meters.bytesIn(in.readableBytes());
    if (!ready) {
      readHandshake(in);
    }
    if (in.isReadable() && failure == null) {
      onBytes(in);
    } else {
      in.release();
    }
  }

  private void readHandshake(ByteBuf in) {
    try {
      handshake.read(in);
    } catch (NotRedisException e) {
      lose(e.getMessage());
      return;
    }
    if (handshake.hasMore()) {
      out.write(handshake.requests(context.alloc()));
    }
    if (!handshake.isDone()) {
      return;
    }
    String refusal = handshake.refusal();
    if (refusal == null) {
      toReady();
    } else if (Handshake.isBusy(refusal) && onBusy(refusal)) {
      tellWritable();
    } else {
      fail(NodeFailure.refused(node, refusal));
    }
  }

  /** What has been sent so far is not wanted any more, nor is the node asked for anything. */
  final void rest() {
    resting = true;
    dropUnsent();
  }

  /** Asks a node that was busy again to let the connection in. */
  final void askAgain() {
    if (resting && failure == null) {
      resting = false;
      handshake.begin();
      out.write(handshake.requests(context.alloc()));
    }
  }

  /** What waits, none of which was sent, goes over another connection in its order. */
  final void moveTo(NodeChannel other) {
    pending.forEach(other::expect);
    pending.clear();
    unsent.forEach(other::send);
    unsent.clear();
  }

  private void dropUnsent() {
    unsent.forEach(ByteBuf::release);
    unsent.clear();
  }

  @Override
  public final void channelReadComplete(ChannelHandlerContext ctx) {
    // Nobody behind this handler reads.
  }

  @Override
  public final void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      tellWritable();
    }
  }

  @Override
  public final void channelInactive(ChannelHandlerContext ctx) {
    lose("connection lost before the reply");
    ctx.fireChannelInactive();
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof OutOfMemoryError) {
      LOG.errorf("node %s: connection closed for want of memory: %s", node, cause.getMessage());
    } else if (!(cause instanceof IOException) && !TlsFailure.is(cause)) {
      LOG.errorf(cause, "node %s: connection closed by a mistake of the proxy", node);
    }
    lose("connection lost before the reply: " + NodeFailure.reasonOf(cause));
  }

  final void fail(NodeFailure why) {
    if (failure != null) {
      return;
    }
    failure = why;
    if (context != null) {
      context.close();
    }
    // New requests of those who are told now must find another connection.
    boolean insideReply = isInsideReply();
    onFailed(why);
    dropUnsent();
    for (PendingReplies lost = pending.poll(); lost != null; lost = pending.poll()) {
      lost.onLost(why, insideReply);
      insideReply = false;
    }
    tellWritable();
  }

  private void tellWritable() {
    for (int waiting = waitingForRoom.size(); waiting > 0; waiting--) {
      waitingForRoom.remove().run();
    }
  }
}
