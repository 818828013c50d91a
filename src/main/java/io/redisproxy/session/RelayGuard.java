package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.KeyUse;
import io.redisproxy.resp.InlineRequest;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * Looks at what a client sends straight to a node, since neither a command that the listener denies
 * nor another identity may be had that way. A request goes on when it is known what it is.
 */
final class RelayGuard {
  /** Behind these the node doesn't answer every request, or tells what is no reply. */
  private static final EnumSet<Command> UNANSWERING =
      EnumSet.of(
          Command.CLIENT_REPLY, Command.MONITOR, Command.SYNC, Command.PSYNC, Command.REPLCONF);

  private final Session session;
  private final RequestDecoder decoder;

  /** What came of a request of which too little is known. */
  private final Pieces partial;

  /** Whether the rest of a large request, of which enough is known, is still to come. */
  private boolean passesRest;

  private int requests;
  private boolean wrote;
  private boolean monitors;
  private boolean answered = true;
  private String refusal;
  private boolean reset;

  /** Null if the node itself leaves out the replies that the client doesn't want. */
  private RelayMuting muting;

  RelayGuard(Session session, RequestDecoder decoder) {
    this.session = session;
    this.decoder = decoder;
    partial = session.newPieces();
  }

  /** How many requests the last call let pass. */
  int requests() {
    return requests;
  }

  /** Whether any request so far may write, or run what was queued. */
  boolean wrote() {
    return wrote;
  }

  /** Whether the client has asked to be shown what others send. */
  boolean monitors() {
    return monitors;
  }

  /** How many bytes have come of a request that has not passed. */
  int waitingBytes() {
    return partial.size();
  }

  /** Whether the reply to one more request would come, as the last bytes from the node. */
  boolean isAnswered() {
    return answered && muting == null && !passesRest;
  }

  /** Why no more may pass; null if all did. */
  String refusal() {
    return refusal;
  }

  /** Whether the client has sent RESET: what is left in the buffer is behind it. */
  boolean isReset() {
    return reset;
  }

  /** Tells of each request that passes; what comes behind the transaction waits. */
  void mute(RelayMuting told) {
    muting = told;
  }

  /** Whether requests are told, and wait behind the transaction. */
  boolean isMuted() {
    return muting != null;
  }

  /** The node is told what comes next. */
  void unmute() {
    muting = null;
  }

  /**
   * Gives away what may pass, and leaves in the buffer what comes behind a refusal, RESET or a
   * transaction without replies.
   */
  void pass(ByteBuf in, Consumer<ByteBuf> taker) {
    requests = 0;
    int position = in.readerIndex();
    int passed = position;
    while (position < in.writerIndex() && refusal == null && !reset && mayGoOn()) {
      RequestDecoder.Result result = decoder.next(in, position);
      int end = decoder.end();
      boolean passes =
          switch (result) {
            case REQUEST, LARGE -> {
              boolean known = passesRest;
              passesRest = result == RequestDecoder.Result.LARGE;
              boolean may = known || mayPass(in, position, end);
              passesRest &= may;
              yield may;
            }
            case INLINE -> mayPassInline(in, position, end);
            case EMPTY -> true;
            case INCOMPLETE -> passesRest;
            case ERROR -> {
              refusal = decoder.error();
              yield false;
            }
          };
      if (passes) {
        requests += passesRest ? 0 : 1;
        passed = end;
        if (!partial.isEmpty()) {
          // It is of this request only, not of the next one in the buffer.
          give(in, passed, taker);
        }
      } else if (result == RequestDecoder.Result.INCOMPLETE) {
        give(in, passed, taker);
        partial.add(in, position, end);
        in.readerIndex(end);
        return;
      } else if (reset) {
        give(in, passed, taker);
        in.readerIndex(end);
        return;
      }
      position = end;
    }
    give(in, passed, taker);
  }

  private boolean mayGoOn() {
    return muting == null || muting.isInTransaction();
  }

  void release() {
    partial.release();
  }

  private void give(ByteBuf in, int end, Consumer<ByteBuf> taker) {
    if (end > in.readerIndex()) {
      partial.drainTo(taker);
      taker.accept(in.readRetainedSlice(end - in.readerIndex()));
    }
  }

  private boolean mayPass(ByteBuf in, int from, int end) {
    ByteBuf request =
        partial.isEmpty() ? in.retainedSlice(from, end - from) : partial.joinedWith(in, from, end);
    try {
      return mayPass(decoder, request);
    } finally {
      request.release();
    }
  }

  private boolean mayPassInline(ByteBuf in, int from, int end) {
    ByteBuf line = partial.joinedWith(in, from, end);
    byte[] bytes = new byte[line.readableBytes()];
    line.readBytes(bytes).release();
    List<byte[]> words = InlineRequest.split(bytes);
    if (words == null || words.isEmpty()) {
      return true;
    }
    RequestDecoder whole = session.newDecoder();
    ByteBuf request = Resp.request(session.allocator(), words);
    try {
      whole.next(request, request.readerIndex());
      return mayPass(whole, request);
    } finally {
      request.release();
    }
  }

  private boolean mayPass(RequestDecoder from, ByteBuf request) {
    Requests.Kind kind = Requests.kind(session, from, request);
    Command command = kind.command();
    wrote |= KeyUse.isWrite(command) || command == Command.EXEC;
    monitors |= command == Command.MONITOR;
    answered &= !UNANSWERING.contains(command);
    if (command == Command.RESET && argumentCount(request) == 1) {
      reset = true;
    } else if (kind.commandClass() == CommandClass.DENIED) {
      session.onDenied();
      refusal = session.rules().denial(command);
    } else if (ClientCommands.changesOthers(command)
        || (session.proxyLogin().isDemanded()
            && (command == Command.AUTH || command == Command.HELLO))) {
      refusal = "ERR redis-proxy: " + command.wireName() + " is not possible in this state";
    }
    boolean passes = refusal == null && !reset;
    if (passes && muting != null) {
      muting.onRequest(command, request);
    }
    if (passes && kind.commandClass() == CommandClass.EVERY_NODE && !passesRest) {
      ScriptRequests.sendToReplicas(session, command, request);
    }
    return passes;
  }

  private int argumentCount(ByteBuf request) {
    return session.cursor().start(request, request.readerIndex()).left();
  }
}
