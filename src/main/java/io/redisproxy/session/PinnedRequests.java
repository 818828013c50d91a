package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandFlag;
import io.redisproxy.command.KeyUse;
import io.redisproxy.resp.Resp;
import java.util.EnumSet;

/**
 * Requests of a session while it has a connection of its own: nearly all go over that, those that
 * change what is held there as runs of their own, as their replies tell whether they did.
 */
final class PinnedRequests {
  /**
   * While one of these waits, a write of its first key writes the second, too: reads of that must
   * see it when they see the first.
   */
  private static final EnumSet<Command> MOVES = EnumSet.of(Command.BLMOVE, Command.BRPOPLPUSH);

  private static final String OTHERS_IN_TRANSACTION =
      "ERR redis-proxy: a transaction runs at the master, whose clients are connections of the proxy;"
          + " send %s outside of it";

  private final Session session;
  private final RunSender sender;
  private final SharedRequests shared;
  private final WithheldRequests withheld;
  private final OwnRequests own;
  private final Cursors cursors;
  private final ScriptRequests scripts;

  /** Null while the session has no connection of its own. */
  private Pin pin;

  /** The client that the next request redirects messages to, which it can get now; else null. */
  private ConnectedClient redirected;

  PinnedRequests(
      Session session,
      RunSender sender,
      SharedRequests shared,
      WithheldRequests withheld,
      OwnRequests own,
      Cursors cursors,
      ScriptRequests scripts) {
    this.session = session;
    this.sender = sender;
    this.shared = shared;
    this.withheld = withheld;
    this.own = own;
    this.cursors = cursors;
    this.scripts = scripts;
  }

  /** Null while the session has no connection of its own. */
  Pin pin() {
    return pin;
  }

  /** From now on requests go over this connection; null: over those that all share. */
  void pin(Pin taken) {
    pin = taken;
  }

  /** The client can get messages now. */
  void redirected(ConnectedClient receiver) {
    redirected = receiver;
  }

  /** Only while the session has a connection of its own. */
  boolean onRequest(Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    if (commandClass == CommandClass.DENIED) {
      session.onDenied();
      return refuse(session.rules().denial(command), in, from);
    }
    if (command == Command.QUIT || command == Command.RESET) {
      return own.onRequest(command, in, from, end);
    }
    if (pin.transaction().isSpoilt()) {
      return onSpoilt(command, in, from, end);
    }
    if (commandClass == CommandClass.CURSOR) {
      RequestArguments arguments = Requests.arguments(session, in, from, end);
      if (Cursors.isMarked(command, arguments)) {
        return onCursor(command, in, from, end);
      }
    }
    if (commandClass == CommandClass.SESSION && pin.isSubscribing()) {
      return withheld.awaitReplies(in, from);
    }
    if (commandClass == CommandClass.EVERY_NODE && !pin.isRestricted()) {
      // At once even if the master does it at EXEC: a script that is gone there is run by the
      // master.
      scripts.sendToReplicas(command, in, from, end);
    }
    if (Pin.mayChange(command)) {
      return onChange(command, commandClass, in, from, end);
    }
    if (ClientCommands.changesOthers(command) && pin.isInTransaction()) {
      return refuse(OTHERS_IN_TRANSACTION.formatted(command.wireName()), in, from);
    }
    if (pin.isInTransaction() || pin.isRestricted()) {
      // Of PROXY the node says that it doesn't know it, which spoils the transaction.
      return commandClass == CommandClass.SESSION
              && pin.isInTransaction()
              && !ProxyCommands.has(command)
          ? withheld.relay(in, from)
          : add(command, commandClass, in, from, end);
    }
    if (commandClass == CommandClass.SESSION) {
      return own.onRequest(command, in, from, end);
    }
    if (commandClass == CommandClass.RELAYED) {
      return withheld.relay(in, from);
    }
    if (pin.hasFollowersEnough()) {
      return withheld.awaitReplies(in, from);
    }
    if (withheld.awaitsRegistrations(command)) {
      return withheld.awaitRegistrations(command, in, from);
    }
    return Pin.isForBusyNode(command) && !pin.isHeld()
        ? sendLast(in, from, end)
        : add(command, commandClass, in, from, end);
  }

  /** A transaction began while a script kept the master too busy for a connection to it. */
  private boolean onSpoilt(Command command, ByteBuf in, int from, int end) {
    ByteBuf answer = pin.transaction().answerSpoilt(command);
    if (!pin.transaction().isSpoilt()) {
      session.unpin();
    }
    return withheld.reply(answer, in, from, end);
  }

  /** A replica's cursor means nothing to the master, where the pin is. */
  private boolean onCursor(Command command, ByteBuf in, int from, int end) {
    if (pin.isInTransaction()) {
      return refuse(Cursors.IN_TRANSACTION, in, from);
    }
    return pin.isHeld()
        ? cursors.onRequest(command, in, from, end)
        : withheld.awaitReplies(in, from);
  }

  /** What is held may be another by the request. */
  private boolean onChange(
      Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    RequestArguments arguments = Requests.arguments(session, in, from, end);
    if (pin.isInTransaction() && Pin.outlivesTransaction(command)) {
      return withheld.relay(in, from);
    }
    ConnectedClient receiver = pin.receiver(command, arguments);
    if (receiver != null && receiver != redirected) {
      return withheld.leaveAnswered(new Redirecting(session, this, receiver), in, from);
    }
    redirected = null;
    Run run = pin.runFor(command, arguments);
    if (command == Command.EXEC && run != null) {
      run.writes(pin.transaction().takeQueued());
    }
    if (run == null) {
      return add(command, commandClass, in, from, end);
    }
    return sender.sendChange(run, pin, pin.requestInstead(command, arguments), in, from, end);
  }

  /** The connection may be one of another database than the session's. */
  private boolean sendLast(ByteBuf in, int from, int end) {
    sender.sendAlone(newRun(), false, pin.connection(), in, from, end);
    session.muting().onRequestSent();
    return withheld.awaitReplies(in, end);
  }

  /** The request changes nothing of what is held. */
  private boolean add(Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    pin.onRequest(command, !sender.isGathering());
    Run question = pin.runForQuestion(command);
    if (question != null) {
      return sender.sendAlone(question, false, pin.connection(), in, from, end);
    }
    boolean read =
        commandClass == CommandClass.READ || commandClass == CommandClass.READ_BY_SECTION;
    KeySlots keys = session.keys();
    if (keys == null || !KeyUse.isWrite(command)) {
      return sender.addPinned(read, pin, in, from);
    }
    if (pin.isInTransaction()) {
      pin.transaction().queue(keys).slots().addAll(keys.written(command, session, in, from, end));
      return sender.addPinned(read, pin, in, from);
    }
    if (command.has(CommandFlag.BLOCKING) || command == Command.XREADGROUP) {
      Run waiting = newRun();
      waiting.writes(keys.newSlots(MOVES.contains(command)));
      waiting.written().slots().addAll(keys.written(command, session, in, from, end));
      return sender.sendAlone(waiting, read, pin.connection(), in, from, end);
    }
    sender.addPinned(read, pin, in, from);
    shared.noteWrite(command, in, from, end);
    return true;
  }

  private Run newRun() {
    return new Run(session, pin.target(), System.nanoTime());
  }

  /** An open transaction has to fail, as it does at a server that refuses one of its commands. */
  private boolean refuse(String error, ByteBuf in, int from) {
    sender.endBefore(in, from);
    session.partial().release();
    if (pin.isInTransaction()) {
      Run spoiling = newRun();
      spoiling.mute();
      sender.send(spoiling, true, pin.connection(), Resp.request(session.allocator(), "GET"));
    }
    session.reply(Resp.error(error));
    return true;
  }
}
