package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Classifier;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandTable;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.resp.InlineRequest;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeConnection;
import java.util.List;

/**
 * The state of a session that needs nothing of its own at a node: its requests go over the
 * connections that all share, cut into runs where the node changes.
 */
final class Sharing extends SessionState {
  private final Session session;
  private final RequestDecoder decoder;

  /** What came of a request whose end had not come with the buffer; it goes with the next run. */
  private final Pieces partial;

  /** The connection that the last requests to the master went over. */
  private NodeConnection masterConnection;

  /** A connection of the session's own for large requests, kept for the next one. */
  private NodeConnection exclusive;

  private Target exclusiveTarget;

  // The run that is being gathered; it begins at runStart in the buffer at hand.
  private Run run;
  private NodeConnection runConnection;
  private int runStart;

  Sharing(Session session) {
    this.session = session;
    decoder = session.decoder();
    partial = session.partial();
  }

  @Override
  void onBytes(ByteBuf in) {
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
    if (run != null && runStart == in.readerIndex()) {
      endRun(in);
    } else {
      endRunBefore(in, limit);
      in.release();
    }
  }

  @Override
  void onEndOfInput() {
    session.become(new Closing(session, CloseCause.CLIENT));
  }

  /** The session has no large request any more. */
  void closeExclusive() {
    if (exclusive != null) {
      exclusive.abort();
      exclusive = null;
    }
  }

  private boolean onRequest(ByteBuf in, int from, int end) {
    Command command = lookUp();
    if (command.isContainer()) {
      command = Requests.subcommand(command, session, in, from, end);
    }
    session.client().onCommand(command);
    return switch (Classifier.classOf(command)) {
      case READ, ANY_NODE -> onRead(in, from);
      case MASTER -> onWrite(in, from);
      case PINNED -> pin(command, in, from);
      case PINNED_IF_BLOCKING -> onMayBlock(command, in, from, end);
      case SESSION -> onOwnCommand(command, in, from, end);
      case CLOSE -> {
        // A web page that makes a browser speak to us; Redis hangs up on it without a word.
        session.closeNow(CloseCause.PROTOCOL_ERROR);
        yield leave(new Closing(session, CloseCause.PROTOCOL_ERROR), in, from);
      }
    };
  }

  private boolean onMayBlock(Command command, ByteBuf in, int from, int end) {
    List<byte[]> arguments = Requests.arguments(session, in, from, end);
    return switch (Classifier.classOf(command, arguments)) {
      case READ -> onRead(in, from);
      case MASTER -> onWrite(in, from);
      default -> pin(command, in, from);
    };
  }

  /** A read joins any run: one of reads, and one to the master, where it stays in order. */
  private boolean onRead(ByteBuf in, int from) {
    return addToRun(true, in, from);
  }

  private boolean onWrite(ByteBuf in, int from) {
    if (run != null && !run.target().isMaster()) {
      endRunBefore(in, from);
    }
    return addToRun(false, in, from);
  }

  private boolean addToRun(boolean read, ByteBuf in, int from) {
    if (run == null) {
      Target target = targetFor(read);
      if (!isInOrder(target)) {
        return leave(new Draining(session, this), in, from);
      }
      if (!beginRun(target, from)) {
        return refuse(target);
      }
    }
    run.add(read);
    return true;
  }

  private Target targetFor(boolean read) {
    return read
        ? session.backend().forRead(session.replies().awaitsWrites())
        : session.backend().forWrite();
  }

  /**
   * Two connections to the master could overtake each other: before its requests go over another
   * one than before, the session waits for the replies that it still has to get.
   */
  private boolean isInOrder(Target target) {
    return !target.isMaster()
        || !session.replies().awaitsMaster()
        || target.link().connection() == masterConnection;
  }

  private boolean beginRun(Target target, int from) {
    NodeConnection connection = target.link().connection();
    if (connection == null) {
      return false;
    }
    if (target.isMaster()) {
      masterConnection = connection;
    }
    run = new Run(session, target, System.nanoTime());
    runConnection = connection;
    runStart = from;
    return true;
  }

  /** Sends the run up to {@code end}, if there is one. */
  private void endRunBefore(ByteBuf in, int end) {
    if (run != null) {
      endRun(in.retainedSlice(runStart, end - runStart));
    }
  }

  /** Sends the run, whose bytes are taken over. */
  private void endRun(ByteBuf bytes) {
    Run sent = run;
    run = null;
    sent.seal();
    session.replies().add(sent);
    runConnection.expect(sent);
    if (!partial.isEmpty()) {
      partial.drainTo(runConnection::send);
    }
    runConnection.send(bytes);
    if (!runConnection.isWritable()) {
      session.waitForRoom(runConnection);
    }
  }

  /** No node can take the request. */
  private boolean refuse(Target target) {
    partial.release();
    session.meters().onErrors(ErrorKind.NODE_UNREACHABLE, 1);
    session.replies().addOwn(session, Resp.error(target.link().failure().error(false)));
    return true;
  }

  private boolean onIncomplete(ByteBuf in, int from, int end) {
    endRunBefore(in, from);
    partial.add(in, from, end);
    return true;
  }

  private boolean onEmpty() {
    if (run == null) {
      partial.release();
    }
    return true;
  }

  private boolean onInline(ByteBuf in, int from, int end) {
    endRunBefore(in, from);
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
   * It goes through a connection of the session's own as it comes, when all before it is answered.
   */
  private boolean onLarge(ByteBuf in, int from, int end) {
    Command command = lookUp();
    CommandClass commandClass = Classifier.classOf(command);
    boolean read = commandClass == CommandClass.READ || commandClass == CommandClass.ANY_NODE;
    if (!read && (commandClass != CommandClass.MASTER || command == Command.CLIENT)) {
      return pin(command, in, from);
    }
    endRunBefore(in, from);
    partial.add(in, from, end);
    session.become(new Draining(session, new Streaming(session, targetFor(read), read, this)));
    in.readerIndex(end);
    session.process(in);
    return false;
  }

  /** The connection for a large request. */
  NodeConnection exclusiveTo(Target target) {
    if (exclusive != null && (exclusive.isClosed() || exclusiveTarget != target)) {
      closeExclusive();
    }
    if (exclusive == null) {
      exclusive = target.link().openExclusive();
      exclusiveTarget = target;
    }
    if (target.isMaster()) {
      masterConnection = exclusive;
    }
    return exclusive;
  }

  private boolean onOwnCommand(Command command, ByteBuf in, int from, int end) {
    List<byte[]> arguments = Requests.arguments(session, in, from, end);
    OwnCommands.Answer answer =
        ClientCommands.has(command)
            ? ClientCommands.answer(command, arguments, session.client(), session.clients())
            : OwnCommands.answer(command, arguments, session.identity());
    return switch (answer.action()) {
      case FORWARD -> onWrite(in, from);
      case PIN -> pin(command, in, from);
      case REPLY -> {
        endRunBefore(in, from);
        partial.release();
        session.replies().addOwn(session, answer.reply());
        yield true;
      }
      case REPLY_AND_CLOSE -> {
        endRunBefore(in, from);
        session.replies().addOwn(session, answer.reply());
        CloseCause cause = command == Command.QUIT ? CloseCause.QUIT : CloseCause.KILLED;
        yield leave(new Closing(session, cause), in, end);
      }
    };
  }

  private boolean pin(Command command, ByteBuf in, int from) {
    return leave(new Draining(session, new Pinned(session, command)), in, from);
  }

  private boolean onError(ByteBuf in, int from) {
    endRunBefore(in, from);
    in.release();
    session.failProtocol(decoder.error());
    return false;
  }

  /** Hands the request that begins at {@code from}, and all behind it, on to the next state. */
  private boolean leave(SessionState next, ByteBuf in, int from) {
    endRunBefore(in, from);
    session.become(next);
    partial.drainTo(session::process);
    in.readerIndex(from);
    session.process(in);
    return false;
  }

  private Command lookUp() {
    return CommandTable.lookup(
        decoder.nameLength(),
        CommandTable.upper(decoder.word0()),
        CommandTable.upper(decoder.word1()),
        CommandTable.upper(decoder.word2()));
  }
}
