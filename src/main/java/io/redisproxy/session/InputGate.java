package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Reads from the client as long as nothing speaks against it.
 *
 * <p>A client that doesn't take its replies is read from all the same, up to a limit: it may be one
 * that writes all of its requests before it reads the first reply, and would never come to that.
 * What it sends waits here, and goes on in small portions, so that it doesn't bring more replies
 * than the client takes. So is one whose command waits for others, as only reading tells that it
 * has gone.
 *
 * <p>While memory is short, who has something unfinished is read from in turn only.
 */
final class InputGate {

  /** What speaks against it. */
  enum Reason {
    /** The client doesn't take its replies. */
    CLIENT_FULL,
    /** A node doesn't take requests. */
    NODE_FULL,
    /** Too many replies wait for an earlier one. */
    EARLY_FULL,
    /** The session waits for something before it can go on. */
    WAITING,
    /** It waits for a command that waits for other clients at the node. */
    BLOCKED
  }

  /** With these the client is read from all the same. */
  private static final Set<Reason> READS_ON = EnumSet.of(Reason.CLIENT_FULL, Reason.BLOCKED);

  /** Who is given what waited. */
  interface Taker {
    /** Whether it has done with all that it was given. */
    boolean isIdle();

    /** Whether it keeps anything, here or at a node, that is to come to an end first. */
    boolean isUnfinished();

    /** Whether it has a part of a request. */
    boolean isMidRequest();

    /** Takes over the next bytes. */
    void take(ByteBuf in);

    /** It has been given all that has waited. */
    void onCaughtUp();

    /** No more is read from the client for now, which is not its fault. */
    void onNotRead();
  }

  /** What is read of a client that nobody listens to; in general it sends no more. */
  static final long MOST_DROPPED = 1024 * 1024;

  private static final long LOOK_AGAIN_MILLIS = 100;

  private static final int MAX_EXCESS_READS = 2;

  private final Taker taker;
  private final Channel channel;
  private final long limit;
  private final ReadTurns turns;
  private final DirectMemory memory;
  private final Pieces backlog;
  private final Set<Reason> reasons = EnumSet.noneOf(Reason.class);
  private boolean goingOn;
  private boolean dropping;
  private long dropped;
  private boolean lookingAgain;
  private int excessReads;

  /** Whether it has come to its turn, or waits for it. */
  private boolean inLine;

  /**
   * {@code limit}: how many bytes may wait.
   *
   * @param turns where memory is short
   */
  InputGate(Taker taker, Channel channel, long limit, ReadTurns turns) {
    this.taker = taker;
    this.channel = channel;
    this.limit = limit;
    this.turns = turns;
    memory = turns.memory();
    backlog = new Pieces(channel.alloc());
  }

  void close(Reason reason) {
    if (reasons.add(reason)) {
      if (!READS_ON.contains(reason)) {
        taker.onNotRead();
      }
      update();
    }
  }

  void open(Reason reason) {
    if (reasons.remove(reason)) {
      update();
      goOnLater();
    }
  }

  /** From now on all that is read, and has been, is for nobody; not much more is. */
  void drop() {
    dropping = true;
    backlog.release();
    update();
  }

  /** Whether the session has not been given all that was read. */
  boolean isHolding() {
    return !backlog.isEmpty();
  }

  /** Keeps what was read, and takes it over, if it is not its time. */
  boolean holdsBack(ByteBuf in) {
    if (dropping) {
      dropped += in.readableBytes();
      in.release();
      update();
      return true;
    }
    if (backlog.isEmpty() && !readsOn()) {
      return false;
    }
    backlog.take(in);
    update();
    goOnLater();
    return true;
  }

  /** The session may be able to take more of what waits. */
  void goOnLater() {
    // Not at once: the session may be about to go on with what came before.
    if (isHolding() && !goingOn) {
      goingOn = true;
      channel.eventLoop().execute(this::goOn);
    }
  }

  /** The client has been given all that it waited for. */
  void onAllReplied() {
    if (inLine) {
      update();
    }
    goOnLater();
  }

  void release() {
    leaveLine();
    backlog.release();
  }

  private void goOn() {
    goingOn = false;
    try {
      while (isHolding() && reasons.isEmpty() && taker.isIdle()) {
        taker.take(backlog.remove());
      }
    } catch (RuntimeException e) {
      // As if it were thrown while the bytes are read.
      channel.pipeline().fireExceptionCaught(e);
      return;
    }
    update();
    if (!isHolding()) {
      taker.onCaughtUp();
    }
  }

  /**
   * Whether so much has been read that should not have been that there is no room for it. Netty
   * reads once more than it should now and then, and from a client that has closed its side, until
   * it comes to the end.
   */
  boolean isOverrun() {
    if (channel.config().isAutoRead() || dropping || !memory.isShort()) {
      excessReads = 0;
      return false;
    }
    return ++excessReads > MAX_EXCESS_READS;
  }

  /** The session has been given what was read. */
  void onTaken() {
    if (inLine || memory.isShort()) {
      update();
    }
  }

  /** Whether the client has sent a part of a request, and not the rest. */
  boolean isMidRequest() {
    return taker.isMidRequest();
  }

  /** How many bytes wait here. */
  int waiting() {
    return backlog.size();
  }

  /** Has the client read from, or not, as things are now. */
  void update() {
    boolean hasRoom = hasRoom();
    channel.config().setAutoRead(isAdmitted(hasRoom) && hasRoom);
  }

  private boolean hasRoom() {
    if (dropping) {
      return dropped < MOST_DROPPED;
    }
    return readsOn() ? backlog.size() < mostWaiting() : reasons.isEmpty() && backlog.isEmpty();
  }

  private boolean readsOn() {
    return !Collections.disjoint(reasons, READS_ON);
  }

  private long mostWaiting() {
    if (memory.isScarce()) {
      lookAgainLater();
      return DirectMemory.LITTLE;
    }
    return limit;
  }

  /** Whether it is the client's turn while memory is short; else it always is. */
  private boolean isAdmitted(boolean hasRoom) {
    if (!dropping && (hasRoom || inLine) && memory.isShort() && taker.isUnfinished()) {
      inLine = true;
      return turns.admits(this);
    }
    leaveLine();
    return true;
  }

  private void leaveLine() {
    if (inLine) {
      inLine = false;
      turns.leave(this);
    }
  }

  /** Nothing tells when there is memory again. */
  private void lookAgainLater() {
    if (!lookingAgain) {
      lookingAgain = true;
      channel.eventLoop().schedule(this::lookAgain, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void lookAgain() {
    lookingAgain = false;
    if (channel.isActive()) {
      update();
    }
  }
}
