package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import java.nio.charset.StandardCharsets;

/** A request with a cursor to a replica: in the reply, the cursor is marked as that replica's. */
final class CursorRun extends Run {
  private static final int LINES_BEFORE_ELEMENTS = 3;

  private final long tag;

  /** The beginning of the reply, until the cursor is whole. */
  private ByteBuf beginning = Unpooled.EMPTY_BUFFER;

  private boolean marked;
  private boolean refused;

  private final boolean begins;

  /** {@code begins}: whether it has no cursor yet, so that the master can serve it, too. */
  CursorRun(Session session, Target target, long tag, boolean begins) {
    super(session, target, System.nanoTime());
    this.tag = tag;
    this.begins = begins;
    // The master's cursors alone are not marked.
    needs(WriteTable.IN_FLIGHT);
  }

  @Override
  void keepRequests(Pieces before, ByteBuf rest) {
    if (begins) {
      super.keepRequests(before, rest);
    }
  }

  @Override
  public boolean isInside() {
    return super.isInside() && marked;
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    if (marked) {
      super.onReplies(refused ? dropped(bytes) : bytes);
      return;
    }
    beginning = Unpooled.wrappedBuffer(beginning, bytes);
    int elements = behindCursor();
    if (elements > 0 || wanted() == 0) {
      marked = true;
      ByteBuf reply = beginning;
      beginning = Unpooled.EMPTY_BUFFER;
      super.onReplies(elements > 0 ? mark(reply, elements) : reply);
    }
  }

  /** The index behind the third line, which is the cursor; -1 if it is not there, or an error. */
  private int behindCursor() {
    if (beginning.getByte(0) != '*') {
      return -1;
    }
    int end = 0;
    for (int line = 0; line < LINES_BEFORE_ELEMENTS; line++) {
      int lineFeed = beginning.indexOf(end, beginning.writerIndex(), (byte) '\n');
      if (lineFeed < 0) {
        return -1;
      }
      end = lineFeed + 1;
    }
    return end;
  }

  private ByteBuf mark(ByteBuf reply, int elements) {
    String[] lines = reply.toString(0, elements, StandardCharsets.US_ASCII).split("\r\n");
    long cursor = Long.parseUnsignedLong(lines[2]);
    if (cursor == 0) {
      return reply;
    }
    if (cursor >>> Cursors.CURSOR_BITS != 0) {
      // No server has so many keys; it could be anything, and must not come back to another node.
      refused = true;
      reply.release();
      return Resp.error("ERR redis-proxy: cursor " + lines[2] + " of the node is too large");
    }
    byte[] marked = Resp.bytes(Long.toString(tag << Cursors.CURSOR_BITS | cursor));
    ByteBuf head = Unpooled.buffer();
    head.writeBytes(Resp.bytes(lines[0] + "\r\n$" + marked.length + "\r\n"));
    head.writeBytes(marked).writeBytes(Resp.bytes("\r\n"));
    return Unpooled.wrappedBuffer(head, reply.readerIndex(elements));
  }

  private static ByteBuf dropped(ByteBuf bytes) {
    bytes.release();
    return Unpooled.EMPTY_BUFFER;
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    beginning.release();
    super.onLost(failure, insideReply && marked);
  }
}
