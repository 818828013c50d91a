package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.NodeMeters;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.resp.ReplyScanner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * One connection to a node that carries requests of many clients, and gives each the replies to its
 * own, by order alone. It takes requests from its making on; they leave when it is connected.
 *
 * <p>A client that doesn't take its replies holds up the connection: it is not read from until the
 * client has caught up. New requests take another connection then, as they do while a large reply
 * is on its way; and when others, sent before, wait behind the slow client for too long, it must
 * go.
 */
public final class NodeConnection extends ChannelInboundHandlerAdapter {

  /** Who made the connection. */
  interface Owner {
    /** A node's first reply that is no error has come: it is a Redis server that answers. */
    default void onAnswering() {}

    /** The connection is not occupied any more. */
    default void onFree(NodeConnection connection) {}

    /** The connection is closed, or could not be made; all that waited on it has been told. */
    default void onClosed(NodeConnection connection, NodeFailure failure) {}
  }

  /** Bytes to come of one value that are worth another connection for those behind it. */
  private static final long LARGE_REPLY = 256 * 1024;

  private final NodeAddress node;
  private final FlushQueue flushQueue;
  private final NodeMeters meters;
  private final Duration slowTimeout;
  private final Owner owner;

  private final ReplyScanner scanner = new ReplyScanner();
  private final Queue<PendingReplies> pending = new ArrayDeque<>();
  private final Queue<Runnable> waitingForRoom = new ArrayDeque<>();
  private final Queue<ByteBuf> unsent = new ArrayDeque<>();
  private ChannelHandlerContext context;
  private long connectedAt;
  private Outbound out;
  private NodeFailure failure;
  private boolean answering;
  private boolean retiring;
  private boolean ending;
  private boolean occupied;
  private PendingReplies heldFor;
  private Future<?> slowTimer;

  NodeConnection(
      NodeAddress node,
      FlushQueue flushQueue,
      NodeMeters meters,
      Duration slowTimeout,
      Owner owner) {
    this.node = node;
    this.flushQueue = flushQueue;
    this.meters = meters;
    this.slowTimeout = slowTimeout;
    this.owner = owner;
  }

  /** Sends bytes of requests, which it takes over; {@link #expect} says whose they are. */
  public void send(ByteBuf requests) {
    if (failure != null) {
      requests.release();
    } else if (out == null) {
      unsent.add(requests);
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

  /** Whether the connection is up. */
  public boolean isConnected() {
    return out != null && failure == null;
  }

  public boolean isClosed() {
    return failure != null;
  }

  /** Whether more can be sent now; if not, see {@link #whenWritable}. */
  public boolean isWritable() {
    return failure != null || (out != null && out.isWritable());
  }

  /** Runs the action when there is room to send more, or the connection is lost. */
  public void whenWritable(Runnable action) {
    waitingForRoom.add(action);
  }

  /** The client that held the connection up has caught up, or is gone. */
  public void resume() {
    if (heldFor != null) {
      heldFor = null;
      slowTimer.cancel(false);
      context.channel().config().setAutoRead(true);
      updateOccupied();
    }
  }

  /** How long the connection has been up; zero when it never was. */
  Duration age() {
    return context == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - connectedAt);
  }

  /** Whether a large reply is on its way, or a slow client keeps the connection from being read. */
  boolean isOccupied() {
    return occupied;
  }

  /** Takes no more requests, and closes after the last reply. */
  public void retire() {
    retiring = true;
    closeIfDone();
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

  void onConnectFailed(Throwable cause) {
    fail(new NodeFailure(node, message(cause), false));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    if (failure != null) {
      // Given up on the way.
      ctx.close();
      return;
    }
    context = ctx;
    connectedAt = System.nanoTime();
    out = new Outbound(ctx, flushQueue);
    meters.onConnected();
    for (ByteBuf requests = unsent.poll(); requests != null; requests = unsent.poll()) {
      send(requests);
    }
    if (ending) {
      out.end();
    }
    tellWritable();
    closeIfDone();
    if (!ctx.channel().isActive()) {
      lose("connection lost before the reply");
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    meters.bytesIn(in.readableBytes());
    int from = in.readerIndex();
    int limit = in.writerIndex();
    long errorsBefore = scanner.errors();
    try {
      while (from < limit) {
        PendingReplies next = pending.peek();
        if (next == null) {
          throw new UnexpectedReplyException(
              in.toString(from, limit - from, StandardCharsets.ISO_8859_1));
        }
        int end = scanner.scan(in, from, next.wanted());
        next.received(scanner.completed());
        if (next.wanted() == 0) {
          pending.remove();
        }
        if (end == limit && from == in.readerIndex()) {
          ByteBuf all = in;
          in = null;
          next.onReplies(all);
        } else {
          next.onReplies(in.retainedSlice(from, end - from));
        }
        if (heldFor == null && next.isCongested()) {
          holdFor(next);
        }
        from = end;
      }
    } catch (NotRedisException | UnexpectedReplyException e) {
      lose(e.getMessage());
    } finally {
      if (in != null) {
        in.release();
      }
    }
    meters.errorReplies(scanner.errors() - errorsBefore);
    updateOccupied();
    // A server without room for one more client says so in an error, and closes.
    if (!answering && failure == null && scanner.errors() == errorsBefore) {
      answering = true;
      owner.onAnswering();
    }
    closeIfDone();
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    // Nobody behind this handler reads.
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      tellWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    lose("connection lost before the reply");
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    lose("connection lost before the reply: " + message(cause));
  }

  private void updateOccupied() {
    boolean before = occupied;
    occupied = heldFor != null || scanner.bytesToCome() >= LARGE_REPLY;
    if (before && !occupied) {
      owner.onFree(this);
    }
  }

  private void holdFor(PendingReplies slow) {
    heldFor = slow;
    context.channel().config().setAutoRead(false);
    slow.onHeld(this);
    giveTime(slow);
  }

  /** A slow client may take all the time it wants as long as nobody else waits for it. */
  private void giveTime(PendingReplies slow) {
    slowTimer =
        context
            .executor()
            .schedule(() -> onTimeUp(slow), slowTimeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void onTimeUp(PendingReplies slow) {
    if (pending.stream().anyMatch(replies -> replies.client() != slow.client())) {
      slow.onTooSlow();
    } else {
      giveTime(slow);
    }
  }

  private void closeIfDone() {
    if (retiring && pending.isEmpty() && context != null) {
      context.close();
    }
  }

  private void lose(String reason) {
    fail(new NodeFailure(node, reason, true));
  }

  private void fail(NodeFailure why) {
    if (failure != null) {
      return;
    }
    failure = why;
    if (context != null) {
      context.close();
    }
    unsent.forEach(ByteBuf::release);
    unsent.clear();
    // New requests of those who are told now must find another connection.
    owner.onClosed(this, why);
    boolean insideReply = scanner.isInsideReply();
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

  private static String message(Throwable cause) {
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** A server says such a thing when it has no place for one more client, for instance. */
  private static final class UnexpectedReplyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnexpectedReplyException(String reply) {
      super(
          "answered what was not asked: "
              + reply.substring(0, Math.min(reply.length(), 200)).strip());
    }
  }
}
