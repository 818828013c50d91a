package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.KeyUse;
import java.util.EnumSet;

/**
 * A request that is too large to be kept, of which only the beginning has come. It goes through a
 * connection of the session's own as it comes, when all before it is answered.
 */
final class LargeRequest {
  /** A node that lacks a script hands its calls on to the master. */
  private static final EnumSet<CommandClass> AT_MASTER =
      EnumSet.of(
          CommandClass.MASTER,
          CommandClass.EVERY_NODE,
          CommandClass.READING_SCRIPT,
          CommandClass.CURSOR);

  private final Session session;
  private final ByteBuf in;
  private final int from;
  private final int end;
  private final Command command;
  private final CommandClass commandClass;
  private final boolean withCursorOfReplica;

  /** What has come lies behind that of earlier buffers; it stays. */
  LargeRequest(Session session, ByteBuf in, int from, int end) {
    this.session = session;
    this.in = in;
    this.from = from;
    this.end = end;
    ByteBuf beginning = session.partial().viewWith(in, from, end);
    try {
      Requests.Kind kind = Requests.kind(session, session.decoder(), beginning);
      command = kind.command();
      commandClass = kind.commandClass();
      withCursorOfReplica =
          commandClass == CommandClass.CURSOR
              && Cursors.isMarked(command, session.cursor().start(beginning, 0));
    } finally {
      beginning.release();
    }
  }

  Command command() {
    return command;
  }

  boolean isDenied() {
    return commandClass == CommandClass.DENIED;
  }

  /** Why it goes to no node, and the client has to go, too; null if it goes. */
  String error() {
    if (isDenied() || session.proxyLogin().isAwaited()) {
      return "ERR redis-proxy: a denied request is too large to be skipped";
    }
    return withCursorOfReplica ? Cursors.TOO_LARGE : null;
  }

  /** Whether it has one reply, and does nothing to the connection. */
  boolean isLikeAny() {
    return isRead() || AT_MASTER.contains(commandClass);
  }

  private boolean isRead() {
    return commandClass == CommandClass.READ || commandClass == CommandClass.ANY_NODE;
  }

  /** The state in which it is sent, once all before it is answered. */
  Streaming streaming(Serving after) {
    Pin pin = after.pin();
    WrittenSlots written = written(pin);
    return pin == null
        ? new Streaming(session, target(after.sender()), written, isRead(), after)
        : new Streaming(session, pin, written, isRead(), after);
  }

  /** Its keys may not have come yet: a read must see all writes. */
  private Target target(RunSender sender) {
    KeySlots keys = session.keys();
    return isRead()
        ? sender.targetForRead(keys == null ? 0 : keys.neededByAny())
        : session.lane().forWrite();
  }

  /** What it writes before it is answered: a transaction's only when that is executed. */
  private WrittenSlots written(Pin pin) {
    KeySlots keys = session.keys();
    if (keys == null || !KeyUse.isWrite(command)) {
      return null;
    }
    boolean queued = pin != null && pin.isInTransaction();
    WrittenSlots written = queued ? pin.transaction().queue(keys) : keys.newSlots(true);
    keys.addWrittenByLarge(written, command, session, in, from, end);
    return queued ? null : written;
  }
}
