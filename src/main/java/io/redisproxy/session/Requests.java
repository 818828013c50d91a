package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandTable;
import io.redisproxy.resp.ArgumentCursor;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks at the arguments of the few requests for which the command's name is not enough. A request
 * that came in several buffers is put together first.
 */
final class Requests {

  /** A command with its class at the session's listener. */
  record Kind(Command command, CommandClass commandClass) {}

  private Requests() {}

  /** What a request is that is whole, or so large that its first words have come before the end. */
  static Kind kind(Session session, RequestDecoder decoder, ByteBuf request) {
    Command command = CommandTable.lookup(decoder);
    List<byte[]> words = new ArrayList<>(2);
    ArgumentCursor cursor = session.cursor().start(request, request.readerIndex());
    while (words.size() < 2 && cursor.next() && cursor.isWhole()) {
      words.add(cursor.bytes());
      if (words.size() == 2 && command.isContainer()) {
        command = lookUpSub(command, cursor);
      }
    }
    CommandClass commandClass = session.rules().classOf(command);
    return new Kind(
        command,
        commandClass == CommandClass.BY_NAME && !words.isEmpty()
            ? session.rules().classOfNamed(words)
            : commandClass);
  }

  /** The subcommand, or the container itself when there is none of that name. */
  static Command subcommand(Command container, Session session, ByteBuf in, int from, int end) {
    ByteBuf whole = whole(session, in, from, end);
    try {
      ArgumentCursor cursor = session.cursor().start(whole, whole.readerIndex());
      if (cursor.left() < 2) {
        return container;
      }
      cursor.next();
      cursor.next();
      return lookUpSub(container, cursor);
    } finally {
      whole.release();
    }
  }

  private static Command lookUpSub(Command container, ArgumentCursor cursor) {
    return CommandTable.lookupSub(
        container,
        cursor.length(),
        CommandTable.upper(cursor.word(0)),
        CommandTable.upper(cursor.word(1)),
        CommandTable.upper(cursor.word(2)));
  }

  static RequestArguments arguments(Session session, ByteBuf in, int from, int end) {
    ByteBuf whole = whole(session, in, from, end);
    try {
      return new RequestArguments(Resp.arguments(whole));
    } finally {
      whole.release();
    }
  }

  /** The bytes of the request. */
  static byte[] copy(Session session, ByteBuf in, int from, int end) {
    ByteBuf whole = whole(session, in, from, end);
    try {
      byte[] bytes = new byte[whole.readableBytes()];
      whole.readBytes(bytes);
      return bytes;
    } finally {
      whole.release();
    }
  }

  /** The request in one piece, out of the session's hands. */
  static ByteBuf take(Session session, ByteBuf in, int from, int end) {
    ByteBuf whole = whole(session, in, from, end);
    session.partial().release();
    return whole;
  }

  /** A slice of the buffer, or a copy of a request that came in pieces. */
  static ByteBuf whole(Session session, ByteBuf in, int from, int end) {
    return session.decoder().isSplit()
        ? session.partial().joinedWith(in, from, end)
        : in.retainedSlice(from, end - from);
  }
}
