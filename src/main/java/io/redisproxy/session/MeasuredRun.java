package io.redisproxy.session;

import io.redisproxy.command.Command;
import io.redisproxy.command.KeyFinder;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.metrics.TimeSpent;
import io.redisproxy.trace.RequestTrace;
import java.util.List;

/**
 * What there is to see of requests that were sent in one piece: which commands they are, what key
 * they name, where they went and why, and where their time goes.
 */
abstract class MeasuredRun extends KeptRun {
  private static final Command[] COMMANDS = Command.values();
  private static final int NONE = -1;

  final Session session;
  private final Target target;
  private boolean atMaster;
  private ReadReason reason = ReadReason.JOINED;

  /** The number of the first request's command. */
  private int command;

  /** That of the last one. */
  private int last = NONE;

  private boolean mixed;

  /** How many of the requests are counted by their command. */
  private int counted;

  private int reads;
  private int writes;

  /** See {@link #key()}; null until it is asked for, while the requests are kept. */
  private FirstKey key;

  private long replyBytes;
  private final long sentAt;

  /** When the first byte had come, about. */
  private final long beganAt;

  /** When the last reply had come; 0 before. */
  private long answeredAt;

  /** How long requests waited before they were sent, or sent again, for something to come. */
  private long queuedNanos;

  private long clientNanos;
  private long behindNanos;

  /** Since when no replies are taken from the node, if they are not. */
  private long heldSince;

  private boolean heldBehind;

  /** {@code target}: null if no node is asked. */
  MeasuredRun(Session session, Target target, long sentAt) {
    super(session.lane());
    this.session = session;
    this.target = target;
    this.sentAt = sentAt;
    queuedNanos = target == null ? 0 : session.delays().takeQueued();
    clientNanos = target == null ? 0 : session.delays().takeClient();
    beganAt = sentAt - queuedNanos - clientNanos;
    atMaster = target != null && target.isMaster();
  }

  // Where they went.

  @Override
  public final Target target() {
    return target;
  }

  /**
   * Whether it goes to the node as to the master, so that nothing may overtake it that goes there,
   * too, or to the next master.
   */
  final boolean isAtMaster() {
    return atMaster;
  }

  /** As {@link #isAtMaster}; if not said, what the node was when the run was made. */
  final void atMaster(boolean sentAsToMaster) {
    atMaster = sentAsToMaster;
  }

  final ReadReason reason() {
    return reason;
  }

  /** The reads among the requests went where they did for this reason. */
  final void reason(ReadReason why) {
    reason = why;
  }

  /** Whether its reads went to the master so that they don't overtake writes. */
  final boolean isOrdered() {
    return reason == ReadReason.ORDER;
  }

  /** The node that the replies come from, as far as that is known. */
  final Asked answerer() {
    return isRetried() ? retry().answerer() : this;
  }

  /** How often the requests were sent again, and why. */
  final List<RequestTrace.Resent> resent() {
    return isRetried() ? retry().resent() : List.of();
  }

  // Which they are.

  /** One more request, a read or a write. */
  final void add(boolean read) {
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

  /** So many more of the same command as the last one, all of them reads or writes, too. */
  final void addAlike(boolean read, int added) {
    if (read) {
      reads += added;
    } else {
      writes += added;
    }
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

  /** No more requests join, and they are sent next. */
  final void countSent() {
    countCommands();
    target.meters().as(atMaster).sent(reads, writes);
    session.meters().onReads(reason, reads);
  }

  /** How many requests are in it. */
  final int requests() {
    return reads + writes;
  }

  final boolean hasReads() {
    return reads > 0;
  }

  final boolean hasWrites() {
    return writes > 0;
  }

  /** Whether all requests are of the first one's command. */
  final boolean isOfOneCommand() {
    return !mixed;
  }

  /** The first request's command. */
  final String commandName() {
    return Insight.nameOf(command);
  }

  /** The same, in capitals. */
  final String wireName() {
    return COMMANDS[command].wireName();
  }

  /** Whether its time tells nothing of the node's. */
  final boolean waitsForOthers() {
    return session.isPinned() && Pin.mayBlock(COMMANDS[command]);
  }

  /** What {@link #key()} is; to be told of requests that are not kept. */
  final void key(FirstKey first) {
    key = first;
  }

  /** The first request's first key; null if it has none, or is not kept and nobody has told it. */
  final FirstKey key() {
    if (key == null) {
      key = keptKey(session, command);
    }
    return key;
  }

  // Where their time goes.

  final long sentAt() {
    return sentAt;
  }

  /** What is to be sent again has waited for so long. */
  final void onQueued(long nanos) {
    queuedNanos += nanos;
  }

  /** The rest of the request has come, after its first part was sent. */
  final void onWholeRequest() {
    clientNanos += session.delays().takeClient();
    queuedNanos += session.delays().takeQueued();
  }

  /** Replies are not taken from the node; {@code behind}: others of the client's come first. */
  final void onHold(boolean behind) {
    heldSince = System.nanoTime();
    heldBehind = behind;
  }

  /** Replies are taken from the node again. */
  final void onHoldOver() {
    if (heldBehind) {
      behindNanos += System.nanoTime() - heldSince;
    } else {
      clientNanos += System.nanoTime() - heldSince;
    }
  }

  /** The node has sent so many bytes of replies, if not what the client gets. */
  final void onReplied(int bytes) {
    replyBytes += bytes;
    if (wanted() == 0) {
      onRepliedToAll();
    }
  }

  private void onRepliedToAll() {
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

  /**
   * The last reply is passed on next, or waits for its turn. Has it kept for people to see, if it
   * is remarkable.
   */
  final void noteAnswered(boolean atItsTurn) {
    if (isRetried()) {
      answeredAt = System.nanoTime();
    }
    LoopInsight insight = session.insight();
    if (!atItsTurn) {
      // Whether it is notable is known when it is its turn.
      key();
    } else if (insight.isNotable(answeredAt - beganAt)) {
      insight.onNotable(session, this, timeSpent(answeredAt));
    }
    if (insight.bigReplies().wants(replyBytes) && requests() == 1 && key() != null) {
      insight.bigReplies().add(key().text(), replyBytes);
    }
  }

  /** The client gets all replies now; they may have waited for their turn. */
  final void noteTurn() {
    if (answeredAt == 0) {
      return;
    }
    long now = System.nanoTime();
    if (session.insight().isNotable(now - beganAt)) {
      behindNanos += now - answeredAt;
      session.insight().onNotable(session, this, timeSpent(now));
    }
  }

  /** Where its time has gone until now, a time of {@link System#nanoTime}. */
  final TimeSpent timeSpent(long now) {
    return new TimeSpent(now - beganAt, queuedNanos, clientNanos, behindNanos);
  }
}
