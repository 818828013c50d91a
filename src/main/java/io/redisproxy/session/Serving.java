package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandFlag;
import io.redisproxy.command.CommandTable;
import io.redisproxy.command.KeyUse;
import io.redisproxy.command.ScriptKeys;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.resp.InlineRequest;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

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

  /** A connection of the session's own, while it needs one. */
  private Pin pin;

  /** What came of waiting, until the request that was waited for has come again; else null. */
  private CatchingUp.Outcome caughtUp;

  /** The client that the next request redirects messages to, which it can get now; else null. */
  private ConnectedClient redirected;

  private boolean holdsNothing;

  Serving(Session session) {
    this.session = session;
    decoder = session.decoder();
    partial = session.partial();
    sender = new RunSender(session);
  }

  RunSender sender() {
    return sender;
  }

  /** From now on requests go over this connection. */
  void pin(Pin taken) {
    pin = taken;
  }

  /** The replica that the next request goes on with an iteration at has been waited for. */
  void caughtUp(CatchingUp.Outcome outcome) {
    caughtUp = outcome;
  }

  /** The client can get messages now. */
  void redirected(ConnectedClient receiver) {
    redirected = receiver;
  }

  /** Null when the session has no connection of its own. */
  Pin pin() {
    return pin;
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
      // A read joins any run: one of reads, and one to the master, where it stays in order.
      case READ, ANY_NODE -> addRead(command, in, from, end);
      case MASTER -> addAtMaster(command, in, from, end);
      case READ_AT_MASTER -> addHarmless(in, from);
      case SESSION -> onOwnCommand(command, in, from, end);
      case CURSOR -> onCursor(command, in, from, end);
      case READING_SCRIPT -> onReadingScript(command, in, from, end);
      case EVERY_NODE -> onEveryNode(command, in, from, end);
      case PINNED -> pin(command, in, from);
      case PINNED_IF_BLOCKING -> onMayBlock(command, in, from, end);
      case RELAYED -> relay(in, from);
      case BY_NAME -> throw new IllegalStateException("the name has been looked up");
      case DENIED -> deny(command, in, from, end);
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
      return leave(new Draining(session, this), in, from);
    }
    if (commandClass == CommandClass.EVERY_NODE) {
      // At once even if the master does it at EXEC: a script that is gone there is run by the
      // master.
      sendToReplicas(in, from, end);
    }
    if (Pin.mayChange(command)) {
      RequestArguments arguments = Requests.arguments(session, in, from, end);
      if (pin.isInTransaction() && Pin.outlivesTransaction(command)) {
        return relay(in, from);
      }
      ConnectedClient receiver = pin.receiver(command, arguments);
      if (receiver != null && receiver != redirected) {
        return leave(new Draining(session, new Redirecting(session, this, receiver)), in, from);
      }
      redirected = null;
      Run run = pin.runFor(command, arguments);
      if (command == Command.EXEC && run != null) {
        run.writes(pin.takeQueued());
      }
      ByteBuf instead = pin.requestInstead(command, arguments);
      if (run != null && instead != null) {
        sender.endBefore(in, from);
        partial.release();
        sender.send(run, false, pin.connection(), instead);
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
        return relay(in, from);
      }
    } else if (commandClass == CommandClass.SESSION) {
      return onOwnCommand(command, in, from, end);
    } else if (commandClass == CommandClass.RELAYED) {
      return relay(in, from);
    } else if (pin.hasFollowersEnough()) {
      return leave(new Draining(session, this), in, from);
    } else if (Pin.isForBusyNode(command) && !pin.isHeld()) {
      // The connection may be one of another database than the session's.
      Run alone = new Run(session, pin.target(), System.nanoTime());
      sender.sendAlone(alone, false, pin.connection(), in, from, end);
      session.muting().onRequestSent();
      return leave(new Draining(session, this), in, end);
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
    return reply(answer, in, from, end);
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
    noteWrite(sender.run(), command, in, from, end);
    return true;
  }

  /** The session is not let in yet, wants no replies, or is to end. */
  private boolean onCarefulRequest(
      Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    if (session.isLocked() && !OwnCommands.opensOrEnds(command)) {
      return reply(Resp.error("NOAUTH Authentication required."), in, from, end);
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
        ? leave(new Parting(session), in, end)
        : stays;
  }

  private boolean onMayBlock(Command command, ByteBuf in, int from, int end) {
    RequestArguments arguments = Requests.arguments(session, in, from, end);
    return switch (session.rules().classOf(command, arguments.words())) {
      case READ -> addRead(command, in, from, end);
      case MASTER -> addAtMaster(command, in, from, end);
      default -> pin(command, in, from);
    };
  }

  /** A read joins any run: one of reads, and one to the master, where it stays in order. */
  private boolean addRead(Command command, ByteBuf in, int from, int end) {
    long needed = needed(command, in, from, end);
    NilRechecks rechecks = session.nilRechecks();
    boolean rechecked = rechecks != null && rechecks.has(command, session, in, from, end);
    if (rechecked) {
      sender.endReads(in, from);
    }
    RunSender.Result result = sender.addRead(needed, in, from);
    if (result == RunSender.Result.UNREACHABLE && mayHold()) {
      return hold(() -> sender.targetForRead(needed), in, from);
    }
    MasterTouch touch = session.lane().touch();
    if (touch != null && result == RunSender.Result.ADDED && !sender.run().isAtMaster()) {
      touch.onRead(command, decoder, in);
    }
    if (rechecked && result == RunSender.Result.ADDED && !sender.run().isAtMaster()) {
      // Alone, so that nothing else has to be asked again.
      sender.run().recheckNil();
      sender.endBefore(in, end);
    }
    return isAdded(result, in, from);
  }

  private boolean addAtMaster(Command command, ByteBuf in, int from, int end) {
    if (isReadBefore(command, in, from, end)) {
      return leave(new Draining(session, this), in, from);
    }
    RunSender.Result result = sender.addAtMaster(in, from);
    if (result == RunSender.Result.ADDED) {
      noteWrite(sender.run(), command, in, from, end);
    }
    return isAdded(result, in, from);
  }

  /** Whether reads before the request, at a replica that is slow, could see what it writes. */
  private boolean isReadBefore(Command command, ByteBuf in, int from, int end) {
    KeySlots keys = session.keys();
    if (keys == null || !keys.holdsReads() || !KeyUse.isWrite(command)) {
      return false;
    }
    ReplyQueue replies = session.replies();
    sender.endReads(in, from);
    return replies.awaitsReads() && keys.areReadBefore(replies, command, session, in, from, end);
  }

  /** For the master, but it changes no data. */
  private boolean addHarmless(ByteBuf in, int from) {
    return isAdded(sender.addAtMaster(in, from), in, from);
  }

  private boolean isAdded(RunSender.Result result, ByteBuf in, int from) {
    return switch (result) {
      case ADDED -> true;
      case UNREACHABLE -> mayHold() ? holdForMaster(in, from) : refuse(sender.failure());
      case OUT_OF_ORDER -> leave(new Draining(session, this), in, from);
      case OVER_BUDGET -> refuseFallback(in, from, decoder.end());
    };
  }

  /** From now on requests that no node can take fail at once, or not any more. */
  void holdNothing(boolean on) {
    holdsNothing = on;
  }

  private boolean mayHold() {
    return session.recovery().mayHold() && !holdsNothing;
  }

  /** Whether a request for the master has to wait until that can be reached. */
  private boolean isHeld() {
    return session.lane().forWrite().connection() == null && mayHold();
  }

  /** Whether the session must not get a connection of its own to the master now. */
  private boolean isHeldBack() {
    return isHeld() || session.lane().forWrite().isDoubtful();
  }

  private boolean holdBack(ByteBuf in, int from) {
    if (mayHold()) {
      return holdForMaster(in, from);
    }
    sender.endBefore(in, from);
    return refuse(session.lane().forWrite().failure());
  }

  private boolean holdForMaster(ByteBuf in, int from) {
    return hold(session.lane()::forWrite, in, from);
  }

  private boolean hold(Supplier<Target> node, ByteBuf in, int from) {
    return leave(new Holding(session, node), in, from);
  }

  private boolean refuseFallback(ByteBuf in, int from, int end) {
    session.recovery().meters().onFallback(false, 1);
    session.meters().onErrors(ErrorKind.FALLBACK, 1);
    return reply(Resp.error(MasterShare.EXCEEDED), in, from, end);
  }

  /** How far a replica must be for this read. */
  private long needed(Command command, ByteBuf in, int from, int end) {
    KeySlots keys = session.keys();
    if (keys == null) {
      return 0;
    }
    // What is not sent yet is not in the table.
    return sender.isGatheringWrites()
        ? WriteTable.IN_FLIGHT
        : keys.neededBy(command, session, in, from, end);
  }

  /** What the request may change is in flight from now on. */
  private void noteWrite(Run run, Command command, ByteBuf in, int from, int end) {
    KeySlots keys = session.keys();
    if (keys == null || !KeyUse.isWrite(command)) {
      return;
    }
    if (run.written() == null) {
      run.writes(keys.newSlots(true));
    }
    keys.addSent(run.written(), command, session, in, from, end);
  }

  /** No node can take the request. */
  private boolean refuse(NodeFailure failure) {
    partial.release();
    session.replyUnreachable(failure);
    return true;
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
      return relay(in, from);
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
      case FORWARD -> pin == null ? addHarmless(in, from) : sender.addPinned(false, pin, in, from);
      case PIN -> pin(command, in, from);
      case FORWARD_INSTEAD -> forward(answer.reply(), in, from);
      case REPLY -> reply(answer.reply(), in, from, end);
      case CHANGE -> change(answer.change(), in, from, end);
      case REPLY_AND_CLOSE -> {
        sender.endBefore(in, from);
        session.reply(answer.reply());
        CloseCause cause = command == Command.QUIT ? CloseCause.QUIT : CloseCause.KILLED;
        yield leave(new Closing(session, cause), in, end);
      }
    };
  }

  private boolean forward(ByteBuf request, ByteBuf in, int from) {
    if (isHeld()) {
      request.release();
      return holdForMaster(in, from);
    }
    sender.endBefore(in, from);
    partial.release();
    Target target = session.lane().forWrite();
    if (target.connection() == null) {
      request.release();
      return refuse(target.failure());
    }
    Run run = new Run(session, target, System.nanoTime());
    sender.send(run, false, target.connection(), request);
    return true;
  }

  private boolean reply(ByteBuf reply, ByteBuf in, int from, int end) {
    sender.endBefore(in, from);
    partial.release();
    session.reply(reply);
    // A few bytes ask for a list of all clients, so that what has been read already counts.
    return !session.isOverfull() || leave(new Draining(session, this), in, end);
  }

  /** The session takes another identity; that of a connection with a state can't be changed. */
  private boolean change(IdentityChange change, ByteBuf in, int from, int end) {
    if (pin != null && !change.isReset()) {
      if (pin.isInTransaction()) {
        return relay(in, from);
      }
      return pin.isHeld()
          ? changePinned(change, in, from, end)
          : leave(new Draining(session, this), in, from);
    }
    if (change.isKnown()) {
      sender.endBefore(in, from);
      partial.release();
      change.apply();
      return true;
    }
    if (isHeld() && !change.isReset()) {
      return holdForMaster(in, from);
    }
    sender.endBefore(in, from);
    partial.release();
    return leave(new Draining(session, change), in, end);
  }

  private boolean changePinned(IdentityChange change, ByteBuf in, int from, int end) {
    if (change.checksLogin() && !session.replies().isEmpty()) {
      // A server may leave out its reply to a wrong password while another one waits to be sent.
      return leave(new Draining(session, this), in, from);
    }
    Run run = new PinnedChangeRun(session, pin, change);
    ByteBuf instead = change.requestInstead();
    if (instead == null) {
      sender.sendAlone(run, false, pin.connection(), in, from, end);
    } else {
      sender.endBefore(in, from);
      partial.release();
      sender.send(run, false, pin.connection(), instead);
    }
    session.muting().onRequestSent();
    // What follows may be answered here, in the protocol that is agreed on or not.
    return leave(new Draining(session, this), in, end);
  }

  private boolean onCursor(Command command, ByteBuf in, int from, int end) {
    RequestArguments arguments = Requests.arguments(session, in, from, end);
    long needed = needed(command, in, from, end);
    CatchingUp.Outcome waited = caughtUp;
    caughtUp = null;
    Target giver = session.cursors().giver(command, arguments);
    if (giver != null
        && waited != CatchingUp.Outcome.REACHED
        && !session.lane().hasReached(giver.node(), needed)) {
      return waited == null
          ? leave(new Draining(session, new CatchingUp(session, this, giver)), in, from)
          : reply(Resp.error(Cursors.BEHIND), in, from, end);
    }
    Cursors.Sending sending = session.cursors().sending(command, arguments, needed);
    if (sending.error() != null) {
      return reply(Resp.error(sending.error()), in, from, end);
    }
    if (sending.target() == null) {
      return addAtMaster(command, in, from, end);
    }
    sender.endBefore(in, from);
    partial.release();
    sender.send(sending.run(), true, sending.target().connection(), sending.request());
    return true;
  }

  private boolean onReadingScript(Command command, ByteBuf in, int from, int end) {
    RequestArguments arguments = Requests.arguments(session, in, from, end);
    // The first key, or the number of keys if there is none.
    byte[] key = arguments.bytes(Math.min(3, arguments.count() - 1));
    long needed = needed(command, in, from, end);
    Target target =
        session.lane().forScript(Arrays.hashCode(key), needed, session.replies().awaitsWrites());
    if (target.isMaster() || target.connection() == null) {
      return addAtMaster(command, in, from, end);
    }
    sender.endBefore(in, from);
    ScriptRun run = new ScriptRun(session, target);
    run.needs(needed);
    if (isRechecked(command, arguments.words())) {
      run.recheckNil();
    }
    sender.send(run, true, target.connection(), Requests.take(session, in, from, end));
    return true;
  }

  private boolean isRechecked(Command command, List<byte[]> request) {
    NilRechecks rechecks = session.nilRechecks();
    return rechecks != null && rechecks.has(command, request);
  }

  /** Each node has a cache of scripts of its own. The master's reply is the client's. */
  private boolean onEveryNode(Command command, ByteBuf in, int from, int end) {
    if (command == Command.SCRIPT_LOAD) {
      List<byte[]> words = Requests.arguments(session, in, from, end).words();
      if (words.size() > 2) {
        ScriptKeys.learn(words.get(2));
      }
    }
    sendToReplicas(in, from, end);
    return addAtMaster(command, in, from, end);
  }

  private void sendToReplicas(ByteBuf in, int from, int end) {
    sender.endBefore(in, from);
    ByteBuf request = Requests.whole(session, in, from, end);
    session.lane().tellReplicas(request, session);
    request.release();
  }

  private boolean pin(Command command, ByteBuf in, int from) {
    // Whoever is there may be told to end a script.
    boolean waits =
        Pin.isForBusyNode(command)
            ? session.lane().forWrite().link().connection() == null && mayHold()
            : isHeldBack();
    if (!waits) {
      return leave(new Draining(session, new Pinning(session, this, command)), in, from);
    }
    boolean stays = holdBack(in, from);
    // What the client has sent behind it must not run without.
    return stays && Pin.beginsTransaction(command)
        ? leave(new Closing(session, CloseCause.NODE_LOST), in, decoder.end())
        : stays;
  }

  /** From here on the session and its node are left to themselves. */
  private boolean relay(ByteBuf in, int from) {
    return pin == null && isHeldBack()
        ? holdBack(in, from)
        : leave(new Draining(session, new Relaying(session, this)), in, from);
  }

  private boolean deny(Command command, ByteBuf in, int from, int end) {
    session.onDenied();
    return reply(Resp.error(session.rules().denial(command)), in, from, end);
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
        ? onCursor(command, in, from, end)
        : leave(new Draining(session, this), in, from);
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
    return leave(new Closing(session, CloseCause.PROTOCOL_ERROR), in, from);
  }

  private boolean onError(ByteBuf in, int from) {
    sender.endBefore(in, from);
    in.release();
    session.failProtocol(decoder.error());
    return false;
  }

  /** Hands the request that begins at {@code from}, and all behind it, on to the next state. */
  private boolean leave(SessionState next, ByteBuf in, int from) {
    sender.endBefore(in, from);
    session.become(next);
    partial.drainTo(session::process);
    in.readerIndex(from);
    session.process(in);
    return false;
  }
}
