package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.KeyUse;
import io.redisproxy.resp.ArgumentCursor;
import io.redisproxy.resp.Resp;

/**
 * The beginning of a request's first key, kept for people to see when the request is long gone.
 *
 * @param length how long all of the key is
 */
record FirstKey(byte[] bytes, int length) {
  private static final Command[] COMMANDS = Command.values();

  /** More of a key is not kept. */
  static final int MOST = 64;

  /**
   * That of the request that the session's decoder has found last; null if it has none, or none
   * that is always at the same place.
   *
   * @param command the command's number
   * @param from where the request begins in the buffer; the session holds what came of it before
   */
  static FirstKey ofDecoded(Session session, int command, ByteBuf in, int from) {
    KeyUse use = KeyUse.of(COMMANDS[command]);
    if (use == KeyUse.FIRST && session.decoder().hasPlainArgument()) {
      return read(in, session.decoder().argumentAt(in), session.decoder().argumentLength(in));
    }
    if (use != KeyUse.FIRST && use != KeyUse.FIXED) {
      return null;
    }
    ByteBuf whole = Requests.whole(session, in, from, session.decoder().end());
    try {
      return ofWhole(session, command, whole, whole.readerIndex());
    } finally {
      whole.release();
    }
  }

  /** The same of a request that is whole in a buffer, which may be one that the proxy has made. */
  static FirstKey ofWhole(Session session, int command, ByteBuf in, int from) {
    KeyUse use = KeyUse.of(COMMANDS[command]);
    if (use != KeyUse.FIRST && use != KeyUse.FIXED) {
      return null;
    }
    ArgumentCursor cursor = session.cursor().start(in, from);
    for (int i = 0; i <= COMMANDS[command].firstKey(); i++) {
      if (!cursor.next()) {
        return null;
      }
    }
    return read(in, cursor.position(), cursor.length());
  }

  private static FirstKey read(ByteBuf in, int at, int length) {
    byte[] bytes = new byte[Math.min(length, MOST)];
    in.getBytes(at, bytes);
    return new FirstKey(bytes, length);
  }

  /** One character a byte, with a note of what is left out, as in a server's slow log. */
  String text() {
    String shown = Resp.text(bytes);
    int left = length - bytes.length;
    return left == 0 ? shown : shown + "... (" + left + " more bytes)";
  }
}
