package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.resp.ReplyScanner;
import io.redisproxy.resp.Resp;
import java.util.List;

/**
 * Keeps the replies to a transaction from a client that wants none: the node would queue it if it
 * were told so before the end.
 */
final class RelayMuting {
  private final ReplyScanner scanner = new ReplyScanner();
  private boolean inTransaction = true;
  private boolean wantsReplies;
  private long awaited;

  /** Whether the transaction goes on behind the last request. */
  boolean isInTransaction() {
    return inTransaction;
  }

  /** Whether the client's own last word in the transaction, which the node has heard, is ON. */
  boolean wantsReplies() {
    return wantsReplies;
  }

  /** Whether all has come that is kept from the client. */
  boolean isOver() {
    return !inTransaction && awaited == 0;
  }

  /** One more request goes to the node. */
  void onRequest(Command command, ByteBuf request) {
    awaited++;
    if (command == Command.EXEC || command == Command.DISCARD) {
      inTransaction = Resp.arguments(request).size() != 1;
    } else if (command == Command.CLIENT_REPLY) {
      List<byte[]> words = Resp.arguments(request);
      wantsReplies = words.size() == 3 && Resp.text(words.get(2)).equalsIgnoreCase("ON");
    }
  }

  /**
   * Takes what the node says over, and gives what the client gets of it: pushes.
   *
   * @throws NotRedisException with nothing given
   */
  void read(ByteBuf in, Pieces wanted) {
    try {
      while (in.isReadable() && !isOver()) {
        int from = in.readerIndex();
        int end = scanner.scanItem(in, from);
        in.readerIndex(end);
        if (scanner.isPush()) {
          wanted.add(in, from, end);
        } else if (!scanner.isInsideReply()) {
          awaited--;
        }
      }
      wanted.add(in, in.readerIndex(), in.writerIndex());
    } catch (NotRedisException e) {
      wanted.release();
      throw e;
    } finally {
      in.release();
    }
  }
}
