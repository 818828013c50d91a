package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.NodeMeters;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.resp.ReplyScanner;
import io.redisproxy.resp.Resp;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A connection to a node that carries requests of many clients, and gives each the replies to its
 * own, by order alone.
 *
 * <p>A client that doesn't take its replies holds up the connection: it is not read from until the
 * client has caught up. New requests take another connection then, as they do while a large reply
 * is on its way; and when others, sent before, wait behind the slow client for too long, it must
 * go.
 */
public final class NodeConnection extends NodeChannel {

  /** Who made the connection. */
  interface Owner {
    /** The node takes requests over it from now on, or says that a script keeps it busy. */
    void onReady();

    /** A node's first reply that is no error has come: it is a Redis server that answers. */
    void onAnswering();

    /** The connection is not occupied any more. */
    void onFree(NodeConnection connection);

    /** The connection is closed, or could not be made; all that waited on it is told after this. */
    void onClosed(NodeConnection connection, NodeFailure failure);
  }

  /** Bytes to come of one value that are worth another connection for those behind it. */
  private static final long LARGE_REPLY = 256 * 1024;

  /** Of what comes behind a script that takes longer, nothing need wait for it. */
  private static final long LONG_SCRIPT = TimeUnit.MILLISECONDS.toNanos(50);

  /** A reply told apart that is longer is passed on as it comes. */
  private static final int LONG_REPLY = 4096;

  private final Duration slowTimeout;
  private final Owner owner;

  private final ReplyScanner scanner = new ReplyScanner();
  private long readyAt;
  private boolean answering;
  private boolean retiring;
  private boolean occupied;
  private ByteBuf apartBegun;
  private boolean apartIsLong;
  private PendingReplies heldFor;

  /** The first that waits since the last reply, if it waits for a script; else null. */
  private PendingReplies script;

  private long scriptSince;

  /** Whether that script has run for long. */
  private boolean running;

  private Future<?> slowTimer;

  NodeConnection(
      NodeAddress node,
      FlushQueue flushQueue,
      NodeMeters meters,
      Handshake handshake,
      Duration slowTimeout,
      Owner owner) {
    super(node, flushQueue, meters, handshake);
    this.slowTimeout = slowTimeout;
    this.owner = owner;
  }

  /** The client that held the connection up has caught up, or is gone. */
  public void resume() {
    if (heldFor != null) {
      heldFor = null;
      slowTimer.cancel(false);
      context().channel().config().setAutoRead(true);
      updateOccupied();
    }
  }

  /** How long the connection has been up; zero when it never was. */
  Duration age() {
    return readyAt == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - readyAt);
  }

  /**
   * Whether a large reply is on its way, a slow client keeps the connection from being read, or a
   * script runs for long: on other connections the node tells that it is busy.
   */
  boolean isOccupied() {
    return occupied || isKeptByScript();
  }

  private boolean isKeptByScript() {
    PendingReplies first = pending.peek();
    if (first == null || !first.hasScripts()) {
      return false;
    }
    if (first != script) {
      // None was before it.
      script = first;
      scriptSince = first.scriptsSentAt();
    }
    running = System.nanoTime() - scriptSince >= LONG_SCRIPT;
    occupied = running;
    return running;
  }

  /** Takes no more requests, and closes after the last reply. */
  void retire() {
    retiring = true;
    closeIfDone();
  }

  @Override
  void onReady() {
    readyAt = System.nanoTime();
    owner.onReady();
    closeIfDone();
  }

  /** The node would answer so to each of the requests. */
  @Override
  boolean onBusy(String error) {
    rest();
    owner.onReady();
    ByteBuf line = Resp.error(error);
    ByteBuf replies = context().alloc().buffer();
    for (PendingReplies each : pending) {
      for (int left = each.wanted(); left > 0; left--) {
        replies.writeBytes(line, line.readerIndex(), line.readableBytes());
      }
    }
    line.release();
    if (replies.isReadable()) {
      onBytes(replies);
    } else {
      replies.release();
    }
    return true;
  }

  @Override
  boolean isInsideReply() {
    return scanner.isInsideReply() && !keepsApart();
  }

  @Override
  void onFailed(NodeFailure why) {
    ByteBuf begun = takeApartBegun();
    if (begun != null) {
      begun.release();
    }
    owner.onClosed(this, why);
  }

  @Override
  void onBytes(ByteBuf bytes) {
    ByteBuf in = bytes;
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
        int end = scanner.scanErrorsApart(in, from, next.wanted(), next.wantsNilsApart());
        next.received(scanner.completed(), scanner.isInsideReply() && !keepsApart());
        if (next.wanted() == 0) {
          pending.remove();
        }
        ByteBuf replies;
        if (end == limit && from == in.readerIndex()) {
          replies = in;
          in = null;
        } else {
          replies = in.retainedSlice(from, end - from);
        }
        if (scanner.isApart()) {
          onApart(next, replies);
        } else {
          next.onReplies(replies);
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
    meters().errorReplies(scanner.errors() - errorsBefore);
    updateOccupied();
    // Who says nothing but errors may be about to close.
    if (!answering && !isClosed() && scanner.errors() == errorsBefore) {
      answering = true;
      owner.onAnswering();
    }
    closeIfDone();
  }

  /** Gives an error reply whole, unless it is a long one; and what may be nil. */
  private void onApart(PendingReplies next, ByteBuf piece) {
    if (keepsApart()) {
      if (apartBegun == null) {
        apartBegun = context().alloc().buffer();
      }
      apartBegun.writeBytes(piece);
      piece.release();
      return;
    }
    ByteBuf begun = takeApartBegun();
    ByteBuf line = begun == null ? piece : Unpooled.wrappedBuffer(begun, piece);
    if (apartIsLong || scanner.isInsideReply()) {
      apartIsLong = scanner.isInsideReply();
      next.onReplies(line);
    } else {
      next.onReplyApart(line);
    }
  }

  /** Whether what came last is a piece of such a reply that waits for the rest. */
  private boolean keepsApart() {
    return scanner.isApart()
        && scanner.isInsideReply()
        && !apartIsLong
        && (apartBegun == null || apartBegun.readableBytes() < LONG_REPLY);
  }

  private ByteBuf takeApartBegun() {
    ByteBuf begun = apartBegun;
    apartBegun = null;
    return begun;
  }

  /** Tells those who wait what was sent before; who is held up by a client's slowness is not. */
  void tellOverdue(long before) {
    askAgain();
    if (heldFor == null && !pending.isEmpty()) {
      for (PendingReplies each : pending.toArray(PendingReplies[]::new)) {
        if (!each.isSentBy(before)) {
          return;
        }
        each.onOverdue();
      }
    }
  }

  /** Nothing of what was sent before then has come, and nobody waits for any of it any more. */
  void loseIfUnheard(long before) {
    PendingReplies first = pending.peek();
    if (first != null
        && heldFor == null
        && !isClosed()
        && !scanner.isInsideReply()
        && first.isSentBy(before)
        && pending.stream().noneMatch(PendingReplies::isWanted)) {
      lose("silent for so long that others have answered all that was sent");
    }
  }

  private void updateOccupied() {
    boolean before = occupied;
    PendingReplies first = pending.peek();
    if (first != script) {
      running = false;
      script = first != null && first.hasScripts() ? first : null;
      scriptSince = script == null ? 0 : System.nanoTime();
    }
    occupied = running || heldFor != null || scanner.bytesToCome() >= LARGE_REPLY;
    if (before && !occupied) {
      owner.onFree(this);
    }
  }

  private void holdFor(PendingReplies slow) {
    heldFor = slow;
    context().channel().config().setAutoRead(false);
    slow.onHeld(this);
    giveTime(slow);
  }

  /** A slow client may take all the time it wants as long as nobody else waits for it. */
  private void giveTime(PendingReplies slow) {
    slowTimer =
        context()
            .executor()
            .schedule(() -> onTimeUp(slow), slowTimeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void onTimeUp(PendingReplies slow) {
    if (pending.stream().anyMatch(replies -> replies.client() != slow.client())) {
      slow.onTooSlow();
    }
    if (heldFor == slow) {
      giveTime(slow);
    }
  }

  private void closeIfDone() {
    if (retiring && pending.isEmpty() && context() != null) {
      context().close();
    }
  }

  int pendingRuns() {
    return pending.size();
  }

  private static final class UnexpectedReplyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnexpectedReplyException(String reply) {
      super(
          "answered what was not asked: "
              + reply.substring(0, Math.min(reply.length(), 200)).strip());
    }
  }
}
