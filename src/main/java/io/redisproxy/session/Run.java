package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.command.Command;
import io.redisproxy.command.KeyFinder;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.metrics.RetryReason;
import io.redisproxy.metrics.TimeSpent;
import io.redisproxy.resp.Resp;
import io.redisproxy.trace.RequestTrace;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * Consecutive requests of a client that went to the same node in one piece, and wait for their
 * replies as one.
 */
class Run extends KeptRun {
  /** What it takes to keep a reply beyond its bytes. */
  static final int EARLY_OVERHEAD = 512;

  private static final Command[] COMMANDS = Command.values();
  private static final int NONE = -1;

  private final Session session;
  private final Target target;
  private final long sentAt;

  /** How long requests waited before they were sent, or sent again, for something to come. */
  private long queuedNanos;

  /** When the first byte had come, about. */
  private final long beganAt;

  private long clientNanos;
  private long behindNanos;

  /** Since when no replies are taken from the node, if they are not. */
  private long heldSince;

  private boolean heldBehind;
  private boolean atMaster;

  /** The number of the first request's command. */
  private int command;

  /** That of the last one. */
  private int last = NONE;

  private boolean mixed;

  /** How many of the requests are counted by their command. */
  private int counted;

  /** See {@link #key()}; null until it is asked for, while the requests are kept. */
  private FirstKey key;

  private int reads;
  private int writes;
  private long replyBytes;

  /** When the last reply had come; 0 before. */
  private long answeredAt;

  private boolean cutOff;
  private boolean failed;
  private boolean muted;
  private boolean nilRecheck;
  private ReadReason reason = ReadReason.JOINED;

  /** Null for most runs: what they write. */
  private WrittenSlots written;

  private boolean writesOver;
  private boolean removed;

  private boolean givenUp;

  /** Replies that came before their turn; null for most runs, always. */
  private Pieces early;

  private int earlySize;

  Run(Session session, Target target, long sentAt) {
    super(session.lane());
    this.session = session;
    this.target = target;
    this.sentAt = sentAt;
    queuedNanos = target == null ? 0 : session.delays().takeQueued();
    clientNanos = target == null ? 0 : session.delays().takeClient();
    beganAt = sentAt - queuedNanos - clientNanos;
    atMaster = target != null && target.isMaster();
  }

  @Override
  public Target target() {
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

  @Override
  public boolean isInside() {
    return isInsideReply();
  }

  /** Whether its reads went to the master so that they don't overtake writes. */
  boolean isOrdered() {
    return reason == ReadReason.ORDER;
  }

  @Override
  final Retry newRetry(KeptRequests requests) {
    key();
    return writes == 0
        ? new ReadRetry(session, this, requests)
        : new WriteRetry(session, this, requests);
  }

  /** The errors after which the requests are sent again. */
  EnumSet<Refusal> refusals() {
    return writes == 0 ? Refusal.OF_READS : Refusal.OF_WRITES;
  }

  /**
   * Whether the node that it was sent to as the master has run it, or may yet do so: not if that
   * has refused all of it, or never got it.
   */
  boolean isAtItsMaster() {
    return atMaster && (hasWrites() ? !isWaiting() : !isRetried());
  }

  /**
   * Whether these are reads that a write sent to the master from now on could overtake, so that
   * they would see what comes behind them.
   */
  boolean mayBeOvertaken() {
    return target != null && writes == 0 && (!atMaster || isRetried()) && !isDone();
  }

  /** A node has refused what was sent to it before this, which may come to be sent again. */
  void onRefusedBefore(Target refuser, RetryReason why) {
    if (atMaster
        && target == refuser
        && !isRetried()
        && mayRetry()
        && !isPartlyAnswered()
        && session.recovery().mayHold()) {
      retry().waitForWrites(why);
    }
  }

  /** Whether a reply has come that waits for its turn, or all have. */
  boolean isPartlyAnswered() {
    return earlySize > 0 || isDone();
  }

  /** What {@link #key()} is; to be told of requests that are not kept. */
  void key(FirstKey first) {
    key = first;
  }

  /** The first request's first key; null if it has none, or is not kept and nobody has told it. */
  FirstKey key() {
    if (key == null) {
      key = keptKey(session, command);
    }
    return key;
  }

  /** The first request's command. */
  String commandName() {
    return Insight.nameOf(command);
  }

  /** The same, in capitals. */
  String wireName() {
    return COMMANDS[command].wireName();
  }

  /** Whether all requests are of the first one's command. */
  boolean isOfOneCommand() {
    return !mixed;
  }

  /** The node that the replies come from, as far as that is known. */
  Asked answerer() {
    return isRetried() ? retry().answerer() : this;
  }

  /** How often the requests were sent again, and why. */
  List<RequestTrace.Resent> resent() {
    return isRetried() ? retry().resent() : List.of();
  }

  /** Counts those of the same command at once: there are often many. */
  private void onOtherCommand(int next) {
    if (requests() == 0) {
      command = next;
    } else {
      mixed = true;
      countCommands();
    }
    last = next;
    if (KeyFinder.SCRIPTS.contains(COMMANDS[next])) {
      onScripts(sentAt);
    }
  }

  private void countCommands() {
    session.insight().commands().sent(last, atMaster, requests() - counted);
    counted = requests();
  }

  /** One more request, a read or a write. */
  void add(boolean read) {
    int added = session.client().command();
    if (added != last) {
      onOtherCommand(added);
    }
    if (read) {
      reads++;
    } else {
      writes++;
    }
  }

  /** What the requests write; the run tells when that is over. Null if nothing. */
  WrittenSlots written() {
    return written;
  }

  void writes(WrittenSlots slots) {
    written = slots;
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

  ReadReason reason() {
    return reason;
  }

  /** The reads among the requests went where they did for this reason. */
  void reason(ReadReason why) {
    reason = why;
  }

  /** The client wants no replies to these requests. */
  void mute() {
    muted = true;
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
  void onDone() {}

  /** How many requests are in it. */
  int requests() {
    return reads + writes;
  }

  boolean hasReads() {
    return reads > 0;
  }

  boolean hasWrites() {
    return writes > 0;
  }

  /** No more requests join, and they are sent next. */
  void seal() {
    countCommands();
    if (written != null) {
      written.sent();
    }
    want(requests());
    target.meters().as(atMaster).sent(reads, writes);
    session.meters().onReads(reason, reads);
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
    if (writes == 0 && mayRetry() && retry().giveUp()) {
      return false;
    }
    int lost = isRetried() ? retry().left() : wanted();
    boolean inside = isRetried() ? retry().isInside() : isInsideReply();
    forgetRequests();
    givenUp = true;
    target.distrust("it gives no answer while later replies wait");
    if (inside) {
      cutOff();
    } else {
      NodeFailure silent =
          new NodeFailure(target.link().node(), "no answer while later replies waited", true);
      fail(silent, ErrorKind.NODE_SILENT, lost);
    }
    return true;
  }

  long sentAt() {
    return sentAt;
  }

  /** Whether another replica may be asked for the replies, too. */
  boolean isHedgeable() {
    return writes == 0
        && !atMaster
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
    Target other = lane().otherReplica(session.identity().id(), needed(), target.node());
    return other != null && retry().hedge(other);
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
      if (answeredAt != 0 && isDone()) {
        onLate(System.nanoTime());
      }
      earlySize = 0;
    }
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    replyBytes += bytes.readableBytes();
    if (wanted() == 0) {
      onReplied();
    }
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

  /** The node has replied to all, if not with what the client gets. */
  private void onReplied() {
    answeredAt = System.nanoTime();
    long nanos = answeredAt - sentAt;
    session.insight().commands().answered(command, atMaster, nanos);
    Hedges hedges = session.recovery().hedges();
    if (hedges != null && !atMaster && writes == 0) {
      hedges.onAnswered(target.node(), nanos);
    }
    if (!waitsForOthers()) {
      target.meters().as(atMaster).answered(answeredAt, nanos);
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
    note();
    forgetRequests();
    writesAreOver();
    onDone();
  }

  /** Has it kept for people to see, if it is remarkable. */
  private void note() {
    if (isRetried()) {
      answeredAt = System.nanoTime();
    }
    LoopInsight insight = session.insight();
    if (!session.replies().isHead(this)) {
      // Whether it is notable is known when it is its turn.
      key();
    } else if (insight.isNotable(answeredAt - beganAt)) {
      insight.onNotable(session, this, timeSpent(answeredAt));
    }
    if (insight.bigReplies().wants(replyBytes) && requests() == 1 && key() != null) {
      insight.bigReplies().add(key().text(), replyBytes);
    }
  }

  /** It was answered some time ago, but the client gets the replies only now. */
  private void onLate(long now) {
    if (session.insight().isNotable(now - beganAt)) {
      behindNanos += now - answeredAt;
      session.insight().onNotable(session, this, timeSpent(now));
    }
  }

  /** What is to be sent again has waited for so long. */
  void onQueued(long nanos) {
    queuedNanos += nanos;
  }

  /** Where its time has gone until now, a time of {@link System#nanoTime}. */
  TimeSpent timeSpent(long now) {
    return new TimeSpent(now - beganAt, queuedNanos, clientNanos, behindNanos);
  }

  /** The rest of the request has come, after its first part was sent. */
  void onWholeRequest() {
    clientNanos += session.delays().takeClient();
    queuedNanos += session.delays().takeQueued();
  }

  /** Whether its time tells nothing of the node's. */
  boolean waitsForOthers() {
    return session.isPinned() && Pin.mayBlock(COMMANDS[command]);
  }

  /** Before anyone can know of them. */
  private void writesAreOver() {
    if (written != null && !writesOver) {
      writesOver = true;
      written.over();
      retireIfUnused();
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
    if (isRetried() || (mayRetry() && (writes == 0 || !failure.sent()))) {
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
      if (failure.isBusy()) {
        failed = true;
        onTooBusy(failure.refusal(), lost);
        return;
      }
      fail(failure, failure.sent() ? ErrorKind.NODE_LOST : ErrorKind.NODE_UNREACHABLE, lost);
    }
  }

  /** The node would answer so to the requests, the last ones, of which none was sent. */
  void onTooBusy(String error, int requests) {
    refuse(Resp.error(error), requests);
  }

  void writesAreLost() {
    if (written != null && !writesOver) {
      writesOver = true;
      written.lost();
      retireIfUnused();
    }
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
  }

  /** So many requests, the last ones, get an error, which is taken over. */
  void fail(ByteBuf error, ErrorKind kind, int lost) {
    failed = true;
    session.meters().onErrors(kind, lost);
    session.insight().onFailed(session, this, kind.label());
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
  protected boolean onOverdue(long before) {
    if (sentAt - before > 0) {
      return false;
    }
    if (writes == 0 && mayRetry() && !session.recovery().isInTime(sentAt)) {
      retry().onOverdue(this);
    }
    return true;
  }

  @Override
  protected boolean isCongested() {
    return !givenUp && (!isRetried() || retry().isOf(this)) && session.output().isCongested(this);
  }

  @Override
  protected void onHeld(NodeConnection connection) {
    heldSince = System.nanoTime();
    heldBehind = !session.replies().isHead(this);
    session.output().onHolding(connection, this);
  }

  /** Replies are taken from the node again. */
  void onHoldOver() {
    if (heldBehind) {
      behindNanos += System.nanoTime() - heldSince;
    } else {
      clientNanos += System.nanoTime() - heldSince;
    }
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
