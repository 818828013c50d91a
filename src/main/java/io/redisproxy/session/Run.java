package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PendingReplies;
import java.util.function.Consumer;

/**
 * Consecutive requests of a client that went to the same node in one piece, and wait for their
 * replies as one.
 */
class Run extends PendingReplies {
  /** What it takes to keep a reply beyond its bytes. */
  static final int EARLY_OVERHEAD = 512;

  private final Session session;
  private final Target target;
  private final long sentAt;
  private boolean atMaster;
  private int reads;
  private int writes;
  private boolean cutOff;
  private boolean failed;
  private boolean muted;
  private ReadReason reason = ReadReason.JOINED;

  /** Null for most runs: what they write and is not over. */
  private WrittenSlots written;

  private boolean givenUp;

  /** Replies that came before their turn; null for most runs, always. */
  private Pieces early;

  private int earlySize;

  Run(Session session, Target target, long sentAt) {
    this.session = session;
    this.target = target;
    this.sentAt = sentAt;
    atMaster = target != null && target.isMaster();
  }

  Target target() {
    return target;
  }

  /**
   * Whether it goes to the node as to the master, so that nothing may overtake it that goes there,
   * too, or to the next master.
   */
  boolean isAtMaster() {
    return atMaster;
  }

  /** As {@link #isAtMaster}; if not said, what the node was when the run was made. */
  void atMaster(boolean sentAsToMaster) {
    atMaster = sentAsToMaster;
  }

  /** One more request, a read or a write. */
  void add(boolean read) {
    if (read) {
      reads++;
    } else {
      writes++;
    }
  }

  /** What the requests write that are not over; the run tells when they are. Null if nothing. */
  WrittenSlots written() {
    return written;
  }

  void writes(WrittenSlots slots) {
    written = slots;
  }

  /** The reads among the requests went where they did for this reason. */
  void reason(ReadReason why) {
    reason = why;
  }

  /** The client wants no replies to these requests. */
  void mute() {
    muted = true;
  }

  /** The last reply has come; its bytes are passed on next. */
  void onDone() {}

  /** How many requests are in it. */
  int requests() {
    return reads + writes;
  }

  boolean hasWrites() {
    return writes > 0;
  }

  /** No more requests join, and they are sent next. */
  void seal() {
    if (written != null) {
      written.sent();
    }
    want(requests());
    target.meters().as(atMaster).sent(reads, writes);
    session.meters().onReads(reason, reads);
  }

  /** Whether all replies have come, or never will. */
  boolean isDone() {
    return wanted() == 0 || cutOff || givenUp;
  }

  /** Whether the connection was lost inside a reply, a part of which has been passed on. */
  boolean isCutOff() {
    return cutOff;
  }

  /** Whether replies were errors of the proxy, since the node was lost or silent. */
  boolean isFailed() {
    return failed;
  }

  /** Waits for the node no longer: errors take the place of its replies, which are dropped. */
  void giveUp() {
    givenUp = true;
    target.distrust("it gives no answer while later replies wait");
    if (isInsideReply()) {
      cutOff();
    } else {
      NodeFailure silent =
          new NodeFailure(target.link().node(), "no answer while later replies waited", true);
      fail(silent, ErrorKind.NODE_SILENT, wanted());
    }
  }

  /** Keeps bytes, which it takes over, until the run's turn. */
  void keep(ByteBuf bytes) {
    if (early == null) {
      early = session.newPieces();
      earlySize = EARLY_OVERHEAD;
    }
    earlySize += bytes.readableBytes();
    early.add(bytes, bytes.readerIndex(), bytes.writerIndex());
    bytes.release();
  }

  /** How much memory is kept for the run, about. */
  int earlySize() {
    return earlySize;
  }

  /** Gives the kept bytes away. */
  void drainEarlyTo(Consumer<ByteBuf> taker) {
    if (early != null) {
      early.drainTo(taker);
      early = null;
      earlySize = 0;
    }
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    if (wanted() == 0) {
      writesAreOver();
      target.meters().as(atMaster).answered(System.nanoTime() - sentAt);
      onDone();
    }
    if (givenUp) {
      bytes.release();
    } else {
      pass(bytes);
    }
  }

  /** Before anyone can know of them. */
  private void writesAreOver() {
    if (written != null) {
      written.over();
      written = null;
    }
  }

  @Override
  protected void onPush(ByteBuf bytes) {
    if (muted) {
      session.replies().onReplies(this, bytes);
    } else {
      onReplies(bytes);
    }
  }

  /** Passes bytes of replies on to the client. */
  final void pass(ByteBuf bytes) {
    if (muted) {
      bytes.release();
      session.replies().onReplies(this, Unpooled.EMPTY_BUFFER);
    } else {
      session.replies().onReplies(this, bytes);
    }
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    if (written != null) {
      written.lost();
      written = null;
    }
    if (givenUp) {
      return;
    }
    if (insideReply) {
      cutOff();
    } else {
      int lost = wanted();
      want(-lost);
      fail(failure, failure.sent() ? ErrorKind.NODE_LOST : ErrorKind.NODE_UNREACHABLE, lost);
    }
  }

  private void cutOff() {
    cutOff = true;
    session.replies().onCutOff(this);
  }

  private void fail(NodeFailure failure, ErrorKind kind, int lost) {
    failed = true;
    session.meters().onErrors(kind, lost);
    pass(errors(failure, lost));
  }

  private ByteBuf errors(NodeFailure failure, int count) {
    ByteBuf error = Resp.error(failure.error(hasWrites()));
    ByteBuf all = Unpooled.buffer(count * error.readableBytes());
    for (int i = 0; i < count; i++) {
      all.writeBytes(error, 0, error.readableBytes());
    }
    return all;
  }

  @Override
  protected boolean isCongested() {
    return !givenUp && session.isCongested(this);
  }

  @Override
  protected void onHeld(NodeConnection connection) {
    session.onHolding(connection, this);
  }

  @Override
  protected void onTooSlow() {
    session.onTooSlow();
  }

  @Override
  protected Object client() {
    return session;
  }
}
