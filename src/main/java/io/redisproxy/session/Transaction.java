package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import io.redisproxy.session.EffectRun.WhenTurnedAway;
import java.util.EnumSet;

/**
 * What a session has begun at its own connection by MULTI or WATCH. What a request changes of it
 * counts when that is sent, since others follow before the reply; when all are answered, what the
 * node has agreed to does.
 *
 * <p>A node that a script keeps busy agrees to MULTI and refuses what follows, so that the
 * transaction fails as a whole. It is spoilt when the script, or that the node is full, keeps it
 * from the connection itself: the proxy answers as a busy node would.
 */
final class Transaction {
  private static final EnumSet<Command> COMMANDS =
      EnumSet.of(Command.MULTI, Command.EXEC, Command.DISCARD, Command.WATCH, Command.UNWATCH);

  private final Session session;
  private final Target target;
  private boolean open;
  private boolean watching;
  private boolean openAtNode;
  private boolean watchingAtNode;

  /** How many requests that change it are not answered. */
  private int awaited;

  private int queued;
  private WrittenSlots queuedWrites;

  /** What is said to one that is spoilt; null if it isn't. */
  private String refusal;

  Transaction(Session session, Target target) {
    this.session = session;
    this.target = target;
  }

  /** Whether the command may begin, end or change one. */
  static boolean has(Command command) {
    return COMMANDS.contains(command);
  }

  /** Whether what follows is to run in a transaction only. */
  static boolean isBegunBy(Command command) {
    return command == Command.MULTI || command == Command.WATCH;
  }

  /** Whether the node queues what comes. */
  boolean isOpen() {
    return open;
  }

  /** Whether the node remembers something of it. */
  boolean isHeld() {
    return open || watching;
  }

  /** One more request that changes nothing of this. */
  void onRequest() {
    queued++;
  }

  /** How many commands it has; -1 when it is not open. */
  int queued() {
    return open ? queued : -1;
  }

  /** What its commands write, when it is executed. */
  WrittenSlots queue(KeySlots keys) {
    if (queuedWrites == null) {
      queuedWrites = keys.newSlots(true);
    }
    return queuedWrites;
  }

  /** For EXEC, which is about to be sent. Null if the transaction writes nothing. */
  WrittenSlots takeQueued() {
    WrittenSlots taken = queuedWrites;
    queuedWrites = null;
    return taken;
  }

  /** The run for a request of {@link #has}, or null if that changes nothing. */
  Run runFor(Command command, int arguments) {
    return switch (command) {
      case MULTI -> arguments == 1 ? begin() : null;
      case EXEC -> mayEnd(arguments) ? end(WhenTurnedAway.ABORTED, agreed -> endAtNode()) : null;
      case DISCARD -> mayEnd(arguments) ? end(WhenTurnedAway.AGREED, this::onDiscard) : null;
      case WATCH -> watch();
      case UNWATCH -> open ? null : effect(WhenTurnedAway.AGREED, this::onUnwatch);
      default -> throw new IllegalArgumentException(command + " is of no transaction");
    };
  }

  private Run begin() {
    if (!open) {
      open = true;
      queued = 0;
      queuedWrites = null;
    }
    return effect(WhenTurnedAway.AGREED, agreed -> openAtNode |= agreed);
  }

  private boolean mayEnd(int arguments) {
    return arguments == 1 && (open || awaited > 0);
  }

  private Run end(WhenTurnedAway whenTurnedAway, EffectRun.Effect effect) {
    open = false;
    watching = false;
    return effect(whenTurnedAway, effect);
  }

  /** EXEC ends a transaction whatever it is answered; DISCARD only if it is not refused. */
  private void endAtNode() {
    watchingAtNode &= !openAtNode;
    openAtNode = false;
  }

  private void onDiscard(boolean agreed) {
    if (agreed) {
      endAtNode();
    }
  }

  private Run watch() {
    watching |= !open;
    return effect(WhenTurnedAway.REFUSED, agreed -> watchingAtNode |= agreed);
  }

  private void onUnwatch(boolean agreed) {
    watchingAtNode &= !agreed;
  }

  private Run effect(WhenTurnedAway whenTurnedAway, EffectRun.Effect effect) {
    awaited++;
    return new EffectRun(
        session,
        target,
        System.nanoTime(),
        whenTurnedAway,
        agreed -> {
          effect.onReply(agreed);
          if (--awaited == 0) {
            open = openAtNode;
            watching = watchingAtNode;
          }
        });
  }

  /** The connection is lost, or never was. */
  void onLost() {
    open = false;
    watching = false;
    forgetNode();
  }

  private void forgetNode() {
    openAtNode = false;
    watchingAtNode = false;
    awaited = 0;
  }

  /** The node lets nobody in for now; {@code error}: what it says. */
  void onTurnedAway(String error) {
    refusal = open ? error : null;
    watching = false;
    forgetNode();
  }

  /** Whether it is one that the node knows nothing of; it will fail. */
  boolean isSpoilt() {
    return refusal != null;
  }

  /** The answer to a command of one that is spoilt, which may end by it. */
  ByteBuf answerSpoilt(Command command) {
    String error = refusal;
    switch (command) {
      case EXEC -> {
        endSpoilt();
        return Resp.error(EffectRun.abort(error));
      }
      case DISCARD -> {
        endSpoilt();
        return Resp.simple("OK");
      }
      default -> {
        return Resp.error(error);
      }
    }
  }

  private void endSpoilt() {
    open = false;
    refusal = null;
  }
}
