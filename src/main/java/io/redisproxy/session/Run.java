package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.metrics.RetryReason;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;
import java.util.EnumSet;
import java.util.function.Consumer;

/**
 * Consecutive requests of a client that went to the same node in one piece, and wait for their
 * replies as one.
 */
class Run extends MeasuredRun {
  /** What it takes to keep a reply beyond its bytes. */
  static final int EARLY_OVERHEAD = 512;

  /** In the order of the client's runs. */
  private long place;

  private boolean cutOff;
  private boolean failed;
  private boolean muted;
  private boolean nilRecheck;
  private boolean changesLogins;

  /** Null for most runs: what they write. */
  private WrittenSlots written;

  private boolean writesOver;
  private boolean removed;

  private boolean givenUp;

  /** Replies that came before their turn; null for most runs, always. */
  private Pieces early;

  Run(Session session, Target target, long sentAt) {
    super(session, target, sentAt);
  }

  @Override
  public boolean isInside() {
    return isInsideReply();
  }

  @Override
  final Retry newRetry(KeptRequests requests) {
    key();
    return hasWrites()
        ? new WriteRetry(session, this, requests)
        : new ReadRetry(session, this, requests);
  }

  /** The errors after which the requests are sent again. */
  EnumSet<Refusal> refusals() {
    return hasWrites() ? Refusal.OF_WRITES : Refusal.OF_READS;
  }

  /**
   * Whether the node that it was sent to as the master has run it, or may yet do so: not if that
   * has refused all of it, or never got it.
   */
  boolean isAtItsMaster() {
    return isAtMaster() && (hasWrites() ? !isWaiting() : !isRetried() || retry().isWithFirst());
  }

  /** Whether its replies are to come from this node, the last one that was asked. */
  private boolean isAwaitedFrom(Target node) {
    return isRetried() ? !hasWrites() && retry().isAwaitedFrom(node) : target() == node;
  }

  /** Whether these are writes that another node than this one has not answered. */
  boolean isWrittenElsewhere(Target node) {
    return hasWrites() && !isDone() && answerer().target().node() != node.node();
  }

  /**
   * Whether these are reads that a write sent to the master from now on could overtake, so that
   * they would see what comes behind them.
   */
  boolean mayBeOvertaken() {
    return target() != null && !hasWrites() && (!isAtMaster() || isRetried()) && !isDone();
  }

  /** A node has refused what was sent to it before this, which may come to be sent again. */
  void onRefusedBefore(Target refuser, RetryReason why) {
    if (isAtMaster()
        && isAwaitedFrom(refuser)
        && mayRetry()
        && !isPartlyAnswered()
        && session.recovery().mayHold()) {
      retry().waitForWrites(why);
    }
  }

  /** Whether a reply has come that waits for its turn, or all have. */
  boolean isPartlyAnswered() {
    return early != null || isDone();
  }

  /** Its number among the client's runs, of which later ones have higher numbers. */
  long place() {
    return place;
  }

  void place(long number) {
    place = number;
  }

  /** What the requests write; the run tells when that is over. Null if nothing. */
  WrittenSlots written() {
    return written;
  }

  /** Whether it may change what reads see; where it isn't known what is written, all writes do. */
  boolean changesData() {
    return written != null || (hasWrites() && session.keys() == null);
  }

  void writes(WrittenSlots slots) {
    written = slots;
  }

  /** Before anyone can know of them. */
  private void writesAreOver() {
    if (written != null && !writesOver) {
      writesOver = true;
      written.over();
      retireIfUnused();
    }
  }

  void writesAreLost() {
    if (written != null && !writesOver) {
      writesOver = true;
      written.lost();
      retireIfUnused();
    }
  }

  /** The run is in the client's queue no more. */
  void onRemoved() {
    removed = true;
    retireIfUnused();
  }

  /** Reads in front may have to know what was written, though it is over. */
  private void retireIfUnused() {
    if (removed && writesOver && written != null) {
      written.retire();
      written = null;
    }
  }

  /** The client wants no replies to these requests. */
  void mute() {
    muted = true;
  }

  /** One request that may change whom the servers let in. */
  void changesLogins() {
    changesLogins = true;
  }

  /** The master is asked, too, when a replica answers that there is nothing: one read. */
  void recheckNil() {
    nilRecheck = true;
  }

  @Override
  protected boolean wantsNilsApart() {
    return nilRecheck;
  }

  /** The last reply has come; its bytes are passed on next. */
  void onDone() {
    if (changesLogins) {
      session.backend().onLoginsChanged();
    }
  }

  /** No more requests join, and they are sent next. */
  void seal() {
    if (written != null) {
      written.sent();
    }
    want(requests());
    countSent();
  }

  /** Whether all replies have come, or never will. */
  boolean isDone() {
    return cutOff || givenUp || (isRetried() ? retry().isDone() : wanted() == 0);
  }

  /** Whether the connection was lost inside a reply, a part of which has been passed on. */
  boolean isCutOff() {
    return cutOff;
  }

  /** Whether replies were errors of the proxy, since the node was lost, silent or busy. */
  boolean isFailed() {
    return failed;
  }

  /**
   * Waits for the node no longer: another one is asked, or errors take the place of its replies,
   * which are dropped.
   *
   * @return whether the run is done by that
   */
  boolean giveUp() {
    if (!hasWrites() && mayRetry() && retry().giveUp()) {
      return false;
    }
    int lost = isRetried() ? retry().left() : wanted();
    boolean inside = isRetried() ? retry().isInside() : isInsideReply();
    forgetRequests();
    givenUp = true;
    target().distrust("it gives no answer while later replies wait");
    if (inside) {
      cutOff();
    } else {
      NodeFailure silent =
          new NodeFailure(target().link().node(), "no answer while later replies waited", true);
      fail(silent, ErrorKind.NODE_SILENT, lost);
    }
    return true;
  }

  /** Whether another replica may be asked for the replies, too. */
  boolean isHedgeable() {
    return !hasWrites()
        && !isAtMaster()
        && mayRetry()
        && !isRetried()
        && !givenUp
        && wanted() > 0
        && !isInside();
  }

  /** Asks another replica, too; false if there is none that may answer. */
  boolean hedge() {
    if (!isHedgeable()) {
      return false;
    }
    Target other = lane().otherReplica(session.identity().id(), needed(), target().node());
    return other != null && retry().hedge(other);
  }

  /** Keeps bytes, which it takes over, until the run's turn. */
  void keep(ByteBuf bytes) {
    if (early == null) {
      early = session.newPieces();
    }
    early.take(bytes);
  }

  /** How much memory is kept for the run, about. */
  int earlySize() {
    return early == null ? 0 : EARLY_OVERHEAD + early.size();
  }

  /** Gives the kept bytes away. */
  void drainEarlyTo(Consumer<ByteBuf> taker) {
    if (early != null) {
      early.drainTo(taker);
      early = null;
      if (isDone()) {
        noteTurn();
      }
    }
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    onReplied(bytes.readableBytes());
    if (isRetried()) {
      retry().onReplies(this, bytes);
      return;
    }
    if (wanted() == 0) {
      onAnswered();
    }
    if (givenUp) {
      bytes.release();
    } else {
      pass(bytes);
    }
  }

  @Override
  protected void onReplyApart(ByteBuf line) {
    Refusal refusal = mayRetry() ? Refusal.of(line) : null;
    if (refusal != null && refusals().contains(refusal)) {
      retry().onRefused(this, refusal, line);
    } else {
      onReplies(line);
    }
  }

  /** The last reply has come, and is passed on next. */
  void onAnswered() {
    noteAnswered(session.replies().isHead(this));
    forgetRequests();
    writesAreOver();
    onDone();
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
    if (isRetried() || (mayRetry() && (!hasWrites() || !failure.sent()))) {
      retry().onLost(this, failure);
      return;
    }
    forgetRequests();
    writesAreLost();
    if (givenUp) {
      return;
    }
    if (insideReply) {
      cutOff();
    } else {
      int lost = wanted();
      want(-lost);
      if (failure.isTemporary()) {
        failed = true;
        onTurnedAway(failure.refusal(), lost);
        return;
      }
      fail(failure, failure.sent() ? ErrorKind.NODE_LOST : ErrorKind.NODE_UNREACHABLE, lost);
    }
  }

  /** The node would answer so to the requests, the last ones, of which none was sent. */
  void onTurnedAway(String error, int requests) {
    refuse(Resp.error(error), requests);
  }

  /** The rest of a reply won't come, of which a part has gone to the client. */
  void cutOff() {
    cutOff = true;
    session.insight().onFailed(session, this, "cut_off");
    session.replies().onCutOff(this);
  }

  /** So many requests fail, the last ones of the run. */
  void fail(NodeFailure failure, ErrorKind kind, int lost) {
    fail(Resp.error(failure.error(hasWrites())), kind, lost);
    session.onFailure(failure);
  }

  /** So many requests, the last ones, get an error, which is taken over. */
  void fail(ByteBuf error, ErrorKind kind, int lost) {
    failed = true;
    if (!session.isOver()) {
      session.meters().onErrors(kind, lost);
      session.insight().onFailed(session, this, kind.label());
    }
    pass(times(error, lost));
  }

  /** So many requests, the last ones, get the node's own error, which is taken over. */
  void refuse(ByteBuf error, int refused) {
    refuse(times(error, refused));
  }

  /** The client gets the node's replies, which are taken over, though they refuse requests. */
  void refuse(ByteBuf replies) {
    session.insight().onFailed(session, this, "refused");
    pass(replies);
  }

  private static ByteBuf times(ByteBuf error, int count) {
    ByteBuf all = Unpooled.buffer(count * error.readableBytes());
    for (int i = 0; i < count; i++) {
      all.writeBytes(error, error.readerIndex(), error.readableBytes());
    }
    error.release();
    return all;
  }

  @Override
  protected boolean isSentBy(long time) {
    return sentAt() - time <= 0;
  }

  @Override
  protected void onOverdue() {
    if (!hasWrites() && mayRetry() && !session.recovery().isInTime(sentAt())) {
      retry().onOverdue(this);
    }
  }

  @Override
  protected boolean isWanted() {
    return !givenUp && !session.isOver() && (!isRetried() || retry().isOf(this));
  }

  @Override
  protected boolean isCongested() {
    return !givenUp && (!isRetried() || retry().isOf(this)) && session.output().isCongested(this);
  }

  @Override
  protected void onHeld(NodeConnection connection) {
    session.output().onHolding(connection, this);
  }

  @Override
  protected void onTooSlow() {
    session.output().onTooSlow();
  }

  @Override
  protected Object client() {
    return session;
  }
}
