package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandFlag;
import io.redisproxy.command.CommandTable;
import io.redisproxy.command.KeyUse;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.InlineRequest;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The state that a session is in nearly always: finds requests in the client's bytes, and sends
 * them in runs, over the connections that all share or over the one that is pinned to the session.
 */
final class Serving extends SessionState {
  /**
   * While one of these waits, a write of its first key writes the second, too: reads of that must
   * see it when they see the first.
   */
  private static final EnumSet<Command> MOVES = EnumSet.of(Command.BLMOVE, Command.BRPOPLPUSH);

  private final Session session;
  private final RequestDecoder decoder;

  /** What came of a request whose end had not come with the buffer; it goes with the next run. */
  private final Pieces partial;

  private final RunSender sender;
  private final WithheldRequests withheld;
  private final SharedRequests shared;
  private final Cursors cursors;
  private final ScriptRequests scripts;

  /** A connection of the session's own, while it needs one. */
  private Pin pin;

  /** The client that the next request redirects messages to, which it can get now; else null. */
  private ConnectedClient redirected;

  Serving(Session session) {
    this.session = session;
    decoder = session.decoder();
    partial = session.partial();
    sender = new RunSender(session);
    withheld = new WithheldRequests(session, sender);
    shared = new SharedRequests(session, sender, withheld);
    cursors = new Cursors(session, sender, shared, withheld);
    scripts = new ScriptRequests(session, sender, shared);
  }

  RunSender sender() {
    return sender;
  }

  Cursors cursors() {
    return cursors;
  }

  /** From now on requests go over this connection. */
  void pin(Pin taken) {
    pin = taken;
  }

  /** The client can get messages now. */
  void redirected(ConnectedClient receiver) {
    redirected = receiver;
  }

  /** Null when the session has no connection of its own. */
  Pin pin() {
    return pin;
  }

  /** From now on requests that no node can take fail at once, or not any more. */
  void holdNothing(boolean on) {
    withheld.holdNothing(on);
  }

  @Override
  String word() {
    return pin == null ? "sharing" : "pinned";
  }

  @Override
  void onBytes(ByteBuf in) {
    session.delays().goOn();
    int position = in.readerIndex();
    int limit = in.writerIndex();
    while (position < limit) {
      RequestDecoder.Result result = decoder.next(in, position);
      int end = decoder.end();
      boolean stays =
          switch (result) {
            case REQUEST -> onRequest(in, position, end);
            case INCOMPLETE -> onIncomplete(in, position, end);
            case EMPTY -> onEmpty();
            case INLINE -> onInline(in, position, end);
            case LARGE -> onLarge(in, position, end);
            case ERROR -> onError(in, position);
          };
      if (!stays) {
        return;
      }
      position = end;
    }
    sender.endOfBuffer(in);
    if (partial.isEmpty()) {
      session.delays().forget();
    }
  }

  /** The state before this one may have waited for the replies that a pin waited for, too. */
  @Override
  void onEntered() {
    if (session.replies().isEmpty()) {
      onAllReplied();
    }
  }

  @Override
  void onAllReplied() {
    if (pin == null) {
      return;
    }
    if (pin.isStateLost()) {
      session.closeAfterFlush(CloseCause.NODE_LOST);
    } else if (pin.isFree()) {
      unpin();
    }
  }

  /** The pinned connection was lost while nothing was awaited on it. */
  void onPinLost() {
    if (pin != null && pin.isStateLost()) {
      session.closeAfterFlush(CloseCause.NODE_LOST);
      return;
    }
    Pin lost = pin;
    SubscribedNames names = lost == null ? null : lost.namesToMove();
    unpin();
    if (names != null) {
      session.become(new Resubscribing(session, this, names, lost.target()));
    }
  }

  /** Redis, too, takes a client that waits for others and sends no more for gone. */
  @Override
  void onEndOfInput() {
    if (!closeIfBlocked()) {
      session.become(new Closing(session, CloseCause.CLIENT));
    }
  }

  /** Ends a client that sends no more if a command of it waits for others. */
  boolean closeIfBlocked() {
    boolean blocked = pin != null && pin.isBlocked();
    if (blocked) {
      session.closeNow(CloseCause.CLIENT);
    }
    return blocked;
  }

  /** Whether a client that goes now would lose nothing of what its own connection holds. */
  boolean mayPart(DrainStep step) {
    return pin == null || pin.mayPart(step);
  }

  /** Ends a command that waits for others, as if its time were over. */
  void unblock() {
    if (pin != null && pin.isBlocked()) {
      pin.unblock();
    }
  }

  @Override
  void addFlags(Set<ClientFlag> flags) {
    Pin shown = pin;
    if (shown != null) {
      shown.addFlags(flags);
    }
  }

  /** Gives the pinned connection back, or closes it if it is not as it was. */
  void unpin() {
    if (pin != null) {
      Pin released = pin;
      pin = null;
      released.release();
    }
  }

  private boolean onRequest(ByteBuf in, int from, int end) {
    Command command = CommandTable.lookup(decoder);
    if (command.isContainer()) {
      command = Requests.subcommand(command, session, in, from, end);
    }
    session.client().onCommand(command);
    CommandClass commandClass = session.rules().classOf(command);
    if (commandClass == CommandClass.BY_NAME) {
      commandClass =
          session.rules().classOfNamed(Requests.arguments(session, in, from, end).words());
    }
    if (session.needsCare()) {
      return onCarefulRequest(command, commandClass, in, from, end);
    }
    return pin == null
        ? onSharedRequest(command, commandClass, in, from, end)
        : onPinnedRequest(command, commandClass, in, from, end);
  }

  private boolean onSharedRequest(
      Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    return switch (commandClass) {
      case READ, ANY_NODE -> shared.addRead(command, in, from, end);
      case MASTER -> shared.addAtMaster(command, in, from, end);
      case READ_AT_MASTER -> shared.addHarmless(in, from);
      case SESSION -> onOwnCommand(command, in, from, end);
      case CURSOR -> cursors.onRequest(command, in, from, end);
      case READING_SCRIPT -> scripts.onReading(command, in, from, end);
      case EVERY_NODE -> scripts.onEveryNode(command, in, from, end);
      case PINNED -> withheld.pin(command, in, from, end);
      case PINNED_IF_BLOCKING -> onMayBlock(command, in, from, end);
      case RELAYED -> withheld.relay(in, from);
      case BY_NAME -> throw new IllegalStateException("the name has been looked up");
      case DENIED -> withheld.deny(command, in, from, end);
      case CLOSE -> hangUp(in, from);
    };
  }

  private boolean onPinnedRequest(
      Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    if (commandClass == CommandClass.DENIED) {
      return denyPinned(command, in, from);
    }
    if (command == Command.QUIT || command == Command.RESET) {
      return onOwnCommand(command, in, from, end);
    }
    if (pin.isSpoilt()) {
      return onSpoilt(command, in, from, end);
    }
    if (commandClass == CommandClass.CURSOR) {
      RequestArguments arguments = Requests.arguments(session, in, from, end);
      if (Cursors.isMarked(command, arguments)) {
        return onPinnedCursor(command, in, from, end);
      }
    }
    if (commandClass == CommandClass.SESSION && pin.isSubscribing()) {
      return withheld.awaitReplies(in, from);
    }
    if (commandClass == CommandClass.EVERY_NODE) {
      // At once even if the master does it at EXEC: a script that is gone there is run by the
      // master.
      scripts.sendToReplicas(in, from, end);
    }
    if (Pin.mayChange(command)) {
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
        run.writes(pin.takeQueued());
      }
      ByteBuf instead = pin.requestInstead(command, arguments);
      if (run != null && instead != null) {
        sender.sendInstead(run, false, pin.connection(), instead, in, from);
        return true;
      }
      if (run != null) {
        return sender.sendAlone(run, false, pin.connection(), in, from, end);
      }
    } else if (pin.isInTransaction() || pin.isRestricted()) {
      // Of PROXY the node says that it doesn't know it, which spoils the transaction.
      if (commandClass == CommandClass.SESSION
          && pin.isInTransaction()
          && !ProxyCommands.has(command)) {
        return withheld.relay(in, from);
      }
    } else if (commandClass == CommandClass.SESSION) {
      return onOwnCommand(command, in, from, end);
    } else if (commandClass == CommandClass.RELAYED) {
      return withheld.relay(in, from);
    } else if (pin.hasFollowersEnough()) {
      return withheld.awaitReplies(in, from);
    } else if (Pin.isForBusyNode(command) && !pin.isHeld()) {
      // The connection may be one of another database than the session's.
      Run alone = new Run(session, pin.target(), System.nanoTime());
      sender.sendAlone(alone, false, pin.connection(), in, from, end);
      session.muting().onRequestSent();
      return withheld.awaitReplies(in, end);
    }
    pin.onRequest(command);
    Run question = pin.runForQuestion(command);
    if (question != null) {
      return sender.sendAlone(question, false, pin.connection(), in, from, end);
    }
    return addPinned(command, commandClass == CommandClass.READ, in, from, end);
  }

  /** A transaction began while a script kept the master too busy for a connection to it. */
  private boolean onSpoilt(Command command, ByteBuf in, int from, int end) {
    ByteBuf answer = pin.answerSpoilt(command);
    if (!pin.isSpoilt()) {
      unpin();
    }
    return withheld.reply(answer, in, from, end);
  }

  private boolean addPinned(Command command, boolean read, ByteBuf in, int from, int end) {
    KeySlots keys = session.keys();
    if (keys == null || !KeyUse.isWrite(command)) {
      return sender.addPinned(read, pin, in, from);
    }
    if (pin.isInTransaction()) {
      keys.addWritten(pin.queue(keys), command, session, in, from, end);
      return sender.addPinned(read, pin, in, from);
    }
    if (command.has(CommandFlag.BLOCKING) || command == Command.XREADGROUP) {
      Run waiting = new Run(session, pin.target(), System.nanoTime());
      waiting.writes(keys.newSlots(MOVES.contains(command)));
      keys.addWritten(waiting.written(), command, session, in, from, end);
      return sender.sendAlone(waiting, read, pin.connection(), in, from, end);
    }
    sender.addPinned(read, pin, in, from);
    shared.noteWrite(sender.run(), command, in, from, end);
    return true;
  }

  /** The session is not let in yet, wants no replies, or is to end. */
  private boolean onCarefulRequest(
      Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    if (session.isLocked() && !OwnCommands.opensOrEnds(command)) {
      return withheld.reply(Resp.error("NOAUTH Authentication required."), in, from, end);
    }
    sender.endBefore(in, from);
    boolean stays =
        pin == null
            ? onSharedRequest(command, commandClass, in, from, end)
            : onPinnedRequest(command, commandClass, in, from, end);
    if (stays) {
      sender.endBefore(in, end);
      session.muting().onRequestSent();
    }
    return stays && session.isParting() && mayPart(DrainStep.CALM)
        ? withheld.leave(new Parting(session), in, end)
        : stays;
  }

  private boolean onMayBlock(Command command, ByteBuf in, int from, int end) {
    RequestArguments arguments = Requests.arguments(session, in, from, end);
    return switch (session.rules().classOf(command, arguments.words())) {
      case READ -> shared.addRead(command, in, from, end);
      case MASTER -> shared.addAtMaster(command, in, from, end);
      default -> withheld.pin(command, in, from, end);
    };
  }

  private boolean onIncomplete(ByteBuf in, int from, int end) {
    sender.endBefore(in, from);
    partial.add(in, from, end);
    session.delays().awaitClient();
    return true;
  }

  private boolean onEmpty() {
    if (!sender.isGathering()) {
      partial.release();
    }
    return true;
  }

  private boolean onInline(ByteBuf in, int from, int end) {
    sender.endBefore(in, from);
    List<byte[]> words = InlineRequest.split(Requests.copy(session, in, from, end));
    partial.release();
    if (words == null) {
      session.failProtocol("ERR Protocol error: unbalanced quotes in request");
    } else if (!words.isEmpty()) {
      onBytes(Resp.request(session.allocator(), words));
    }
    if (session.isIn(this)) {
      return true;
    }
    in.readerIndex(end);
    session.process(in);
    return false;
  }

  /**
   * It goes through a connection of the session's own as it comes, or the session is left to that.
   */
  private boolean onLarge(ByteBuf in, int from, int end) {
    // The beginning of another request may lie in earlier buffers.
    sender.endBefore(in, from);
    LargeRequest request = new LargeRequest(session, in, from, end);
    session.client().onCommand(request.command());
    if (request.isDenied()) {
      session.onDenied();
    }
    if (request.error() != null) {
      session.failProtocol(request.error());
      in.release();
      return false;
    }
    if (!request.isLikeAny()) {
      return withheld.relay(in, from);
    }
    Streaming streaming = request.streaming(this);
    partial.add(in, from, end);
    session.become(new Draining(session, streaming));
    in.readerIndex(end);
    session.process(in);
    return false;
  }

  private boolean onOwnCommand(Command command, ByteBuf in, int from, int end) {
    // The answer may tell of what came before: that has been sent then.
    sender.endBefore(in, from);
    OwnCommands.Answer answer =
        session.ownCommands().answer(command, Requests.arguments(session, in, from, end));
    if (answer.isTheProxys()) {
      session.insight().commands().answeredByProxy(command.ordinal());
    }
    return switch (answer.action()) {
      case FORWARD ->
          pin == null ? shared.addHarmless(in, from) : sender.addPinned(false, pin, in, from);
      case PIN -> withheld.pin(command, in, from, end);
      case FORWARD_INSTEAD -> forward(answer.reply(), in, from);
      case REPLY -> withheld.reply(answer.reply(), in, from, end);
      case CHANGE -> change(answer.change(), in, from, end);
      case REPLY_AND_CLOSE -> {
        sender.endBefore(in, from);
        session.reply(answer.reply());
        CloseCause cause = command == Command.QUIT ? CloseCause.QUIT : CloseCause.KILLED;
        yield withheld.leave(new Closing(session, cause), in, end);
      }
    };
  }

  private boolean forward(ByteBuf request, ByteBuf in, int from) {
    if (withheld.awaitsMaster()) {
      request.release();
      return withheld.holdForMaster(in, from);
    }
    sender.endBefore(in, from);
    partial.release();
    Target target = session.lane().forWrite();
    if (target.connection() == null) {
      request.release();
      return withheld.refuse(target.failure());
    }
    Run run = new Run(session, target, System.nanoTime());
    sender.send(run, false, target.connection(), request);
    return true;
  }

  /** The session takes another identity; that of a connection with a state can't be changed. */
  private boolean change(IdentityChange change, ByteBuf in, int from, int end) {
    if (pin != null && !change.isReset()) {
      if (pin.isInTransaction()) {
        return withheld.relay(in, from);
      }
      return pin.isHeld() ? changePinned(change, in, from, end) : withheld.awaitReplies(in, from);
    }
    if (change.isKnown()) {
      sender.endBefore(in, from);
      partial.release();
      change.apply();
      return true;
    }
    if (withheld.awaitsMaster() && !change.isReset()) {
      return withheld.holdForMaster(in, from);
    }
    sender.endBefore(in, from);
    partial.release();
    return withheld.leaveAnswered(change, in, end);
  }

  private boolean changePinned(IdentityChange change, ByteBuf in, int from, int end) {
    if (change.checksLogin() && !session.replies().isEmpty()) {
      // A server may leave out its reply to a wrong password while another one waits to be sent.
      return withheld.awaitReplies(in, from);
    }
    Run run = new PinnedChangeRun(session, pin, change);
    ByteBuf instead = change.requestInstead();
    if (instead == null) {
      sender.sendAlone(run, false, pin.connection(), in, from, end);
    } else {
      sender.sendInstead(run, false, pin.connection(), instead, in, from);
    }
    session.muting().onRequestSent();
    // What follows may be answered here, in the protocol that is agreed on or not.
    return withheld.awaitReplies(in, end);
  }

  private boolean denyPinned(Command command, ByteBuf in, int from) {
    session.onDenied();
    return refusePinned(session.rules().denial(command), in, from);
  }

  /** A replica's cursor means nothing to the master, where the pin is. */
  private boolean onPinnedCursor(Command command, ByteBuf in, int from, int end) {
    if (pin.isInTransaction()) {
      return refusePinned(Cursors.IN_TRANSACTION, in, from);
    }
    return pin.isHeld()
        ? cursors.onRequest(command, in, from, end)
        : withheld.awaitReplies(in, from);
  }

  /** An open transaction has to fail, as it does at a server that refuses one of its commands. */
  private boolean refusePinned(String error, ByteBuf in, int from) {
    sender.endBefore(in, from);
    partial.release();
    if (pin.isInTransaction()) {
      Run spoiling = new Run(session, pin.target(), System.nanoTime());
      spoiling.mute();
      sender.send(spoiling, true, pin.connection(), Resp.request(session.allocator(), "GET"));
    }
    session.reply(Resp.error(error));
    return true;
  }

  /** A web page that makes a browser speak to us; Redis hangs up on it without a word. */
  private boolean hangUp(ByteBuf in, int from) {
    session.closeNow(CloseCause.PROTOCOL_ERROR);
    return withheld.leave(new Closing(session, CloseCause.PROTOCOL_ERROR), in, from);
  }

  private boolean onError(ByteBuf in, int from) {
    sender.endBefore(in, from);
    in.release();
    session.failProtocol(decoder.error());
    return false;
  }
}
