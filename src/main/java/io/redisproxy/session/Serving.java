package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandTable;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.InlineRequest;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import java.util.List;
import java.util.Set;

/**
 * The state that a session is in nearly always: finds requests in the client's bytes, and sends
 * them in runs, over the connections that all share or over the one that is pinned to the session.
 */
final class Serving extends SessionState {
  /** In place of where to go on in a buffer: it has been taken over, or handed on. */
  private static final int LEFT = -1;

  private final Session session;
  private final RequestDecoder decoder;

  /** What came of a request whose end had not come with the buffer; it goes with the next run. */
  private final Pieces partial;

  private final RunSender sender;
  private final WithheldRequests withheld;
  private final SharedRequests shared;
  private final OwnRequests own;
  private final Cursors cursors;
  private final ScriptRequests scripts;

  /** Null as long as the session has never had a connection of its own, as most never have. */
  private PinnedRequests pinned;

  Serving(Session session) {
    this.session = session;
    decoder = session.decoder();
    partial = session.partial();
    sender = new RunSender(session);
    withheld = new WithheldRequests(session, sender);
    shared = new SharedRequests(session, sender, withheld);
    own = new OwnRequests(session, sender, shared, withheld);
    cursors = new Cursors(session, sender, shared, withheld);
    scripts = new ScriptRequests(session, sender, shared, withheld);
  }

  RunSender sender() {
    return sender;
  }

  Cursors cursors() {
    return cursors;
  }

  /** Null when the session has no connection of its own. */
  Pin pin() {
    return pinned == null ? null : pinned.pin();
  }

  /** From now on requests go over this connection. */
  void pin(Pin taken) {
    if (pinned == null) {
      pinned = new PinnedRequests(session, sender, shared, withheld, own, cursors, scripts);
    }
    pinned.pin(taken);
  }

  /** From now on requests that no node can take fail at once, or not any more. */
  void holdNothing(boolean on) {
    withheld.holdNothing(on);
  }

  @Override
  String word() {
    return pin() == null ? "sharing" : "pinned";
  }

  @Override
  void onBytes(ByteBuf in) {
    session.delays().goOn();
    int position = in.readerIndex();
    int limit = in.writerIndex();
    while (position < limit) {
      RequestDecoder.Result result = decoder.next(in, position);
      int end = decoder.end();
      position =
          switch (result) {
            case REQUEST -> onRequest(in, position, end);
            case INCOMPLETE -> onIncomplete(in, position, end);
            case EMPTY -> onEmpty(end);
            case INLINE -> onInline(in, position, end);
            case LARGE -> onLarge(in, position, end);
            case ERROR -> onError(in, position);
          };
      if (position == LEFT) {
        return;
      }
    }
    sender.endOfBuffer(in);
    if (partial.isEmpty()) {
      session.delays().forget();
    }
  }

  /** Returns where to go on, which is behind the requests that this one takes along. */
  private int onRequest(ByteBuf in, int from, int end) {
    Command command = CommandTable.lookup(decoder);
    boolean toldByName = !command.isContainer();
    if (!toldByName) {
      command = Requests.subcommand(command, session, in, from, end);
    }
    session.client().onCommand(command);
    CommandClass commandClass = session.rules().classOf(command);
    if (commandClass == CommandClass.BY_NAME) {
      toldByName = false;
      commandClass =
          session.rules().classOfNamed(Requests.arguments(session, in, from, end).words());
    }
    if (session.needsCare()) {
      return onCarefulRequest(command, commandClass, in, from, end) ? end : LEFT;
    }
    if (pin() != null) {
      return pinned.onRequest(command, commandClass, in, from, end) ? end : LEFT;
    }
    if (!onSharedRequest(command, commandClass, in, from, end)) {
      return LEFT;
    }
    if (toldByName) {
      return shared.addAlike(command, commandClass, in, end);
    }
    if (LoginChanges.mayBeBy(command)) {
      shared.noteLogins(command, in, from, end);
    }
    return end;
  }

  private boolean onSharedRequest(
      Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    return switch (commandClass) {
      case READ, ANY_NODE -> shared.addRead(command, in, from, end);
      case MASTER -> shared.addAtMaster(command, in, from, end);
      case READ_AT_MASTER -> shared.addHarmless(in, from);
      case SESSION -> own.onRequest(command, in, from, end);
      case CURSOR -> cursors.onRequest(command, in, from, end);
      case READING_SCRIPT -> scripts.onReading(command, in, from, end);
      case EVERY_NODE -> scripts.onEveryNode(command, in, from, end);
      case PINNED -> withheld.pin(command, in, from, end);
      case PINNED_IF_BLOCKING, READ_BY_SECTION -> onByArguments(command, in, from, end);
      case RELAYED -> withheld.relay(in, from);
      case BY_NAME -> throw new IllegalStateException("the name has been looked up");
      case DENIED -> withheld.deny(command, in, from, end);
      case CLOSE -> hangUp(in, from);
    };
  }

  /** The session is not let in yet, wants no replies, or is to end. */
  private boolean onCarefulRequest(
      Command command, CommandClass commandClass, ByteBuf in, int from, int end) {
    if (session.proxyLogin().isAwaited() && !OwnCommands.opensOrEnds(command)) {
      return withheld.reply(Resp.error("NOAUTH Authentication required."), in, from, end);
    }
    sender.endBefore(in, from);
    boolean stays =
        pin() == null
            ? onSharedRequest(command, commandClass, in, from, end)
            : pinned.onRequest(command, commandClass, in, from, end);
    if (stays) {
      sender.endBefore(in, end);
      session.muting().onRequestSent();
    }
    return stays && session.isParting() && mayPart(DrainStep.CALM)
        ? withheld.leave(new Parting(session), in, end)
        : stays;
  }

  private boolean onByArguments(Command command, ByteBuf in, int from, int end) {
    RequestArguments arguments = Requests.arguments(session, in, from, end);
    return switch (session.rules().classOf(command, arguments.words())) {
      case READ -> shared.addRead(command, in, from, end);
      case MASTER -> shared.addAtMaster(command, in, from, end);
      case READ_AT_MASTER -> shared.addHarmless(in, from);
      default -> withheld.pin(command, in, from, end);
    };
  }

  private int onIncomplete(ByteBuf in, int from, int end) {
    sender.endBefore(in, from);
    partial.add(in, from, end);
    session.delays().awaitClient();
    return end;
  }

  private int onEmpty(int end) {
    if (!sender.isGathering()) {
      partial.release();
    }
    return end;
  }

  private int onInline(ByteBuf in, int from, int end) {
    sender.endBefore(in, from);
    List<byte[]> words = InlineRequest.split(Requests.copy(session, in, from, end));
    partial.release();
    if (words == null) {
      session.failProtocol("ERR Protocol error: unbalanced quotes in request");
    } else if (!words.isEmpty()) {
      onBytes(Resp.request(session.allocator(), words));
    }
    return session.isIn(this) ? end : leave(in, end);
  }

  /**
   * It goes through a connection of the session's own as it comes, or the session is left to that.
   */
  private int onLarge(ByteBuf in, int from, int end) {
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
      return LEFT;
    }
    if (!request.isLikeAny()) {
      // It comes again, or goes straight to a node.
      decoder.restart();
      boolean refused = withheld.relay(in, from);
      if (refused) {
        withheld.leave(new Closing(session, CloseCause.NODE_LOST), in, end);
      }
      return LEFT;
    }
    Streaming streaming = request.streaming(this);
    partial.add(in, from, end);
    session.become(Draining.before(streaming, session));
    return leave(in, end);
  }

  /** Hands what is left of the buffer on to the state that the session is in now. */
  private int leave(ByteBuf in, int from) {
    in.readerIndex(from);
    session.process(in);
    return LEFT;
  }

  /** A web page that makes a browser speak to us; Redis hangs up on it without a word. */
  private boolean hangUp(ByteBuf in, int from) {
    session.closeNow(CloseCause.PROTOCOL_ERROR);
    return withheld.leave(new Closing(session, CloseCause.PROTOCOL_ERROR), in, from);
  }

  private int onError(ByteBuf in, int from) {
    sender.endBefore(in, from);
    in.release();
    session.failProtocol(decoder.error());
    return LEFT;
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
    Pin pin = pin();
    if (pin == null) {
      return;
    }
    if (pin.isStateLost()) {
      session.closeAfterFlush(CloseCause.NODE_LOST);
    } else if (!pin.isHeld()) {
      // What it still awaits is for nobody.
      unpin();
    }
  }

  /** The pinned connection was lost while nothing was awaited on it. */
  void onPinLost() {
    Pin lost = pin();
    if (lost != null && lost.isStateLost()) {
      session.closeAfterFlush(CloseCause.NODE_LOST);
      return;
    }
    SubscribedNames names = lost == null ? null : lost.namesToMove();
    unpin();
    if (names != null) {
      session.become(new Resubscribing(session, this, names, lost.target()));
    }
  }

  @Override
  void onEndOfInput() {
    session.become(new Closing(session, CloseCause.CLIENT));
  }

  /** Ends a client that sends no more as soon as a command of it waits for others. */
  void closeOnceBlocked() {
    Pin pin = pin();
    if (pin != null) {
      pin.closeOnceBlocked();
    }
  }

  /** Whether a client that goes now would lose nothing of what its own connection holds. */
  boolean mayPart(DrainStep step) {
    Pin pin = pin();
    return pin == null || pin.mayPart(step);
  }

  /** Ends a command that waits for others, as if its time were over. */
  void unblock() {
    Pin pin = pin();
    if (pin != null && pin.isBlocked()) {
      pin.unblock();
    }
  }

  @Override
  void addFlags(Set<ClientFlag> flags) {
    Pin pin = pin();
    if (pin != null) {
      pin.addFlags(flags);
    }
  }

  /** Gives the pinned connection back, or closes it if it is not as it was. */
  void unpin() {
    Pin released = pin();
    if (released != null) {
      pin(null);
      released.release();
    }
  }
}
