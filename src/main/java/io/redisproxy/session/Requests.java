package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandTable;
import io.redisproxy.resp.ArgumentCursor;
import io.redisproxy.resp.Resp;

/**
 * Looks at the arguments of the few requests for which the command's name is not enough. A request
 * that came in several buffers is put together first.
 */
final class Requests {

  private Requests() {}

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
      return CommandTable.lookupSub(
          container,
          cursor.length(),
          CommandTable.upper(cursor.word(0)),
          CommandTable.upper(cursor.word(1)),
          CommandTable.upper(cursor.word(2)));
    } finally {
      whole.release();
    }
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
