package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.redisproxy.resp.Resp;

/** A server's reply to HELLO, in which the client shall find its number at the proxy. */
final class HelloReply {
  private static final ByteBuf ID =
      Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(Resp.bytes("$2\r\nid\r\n:")));

  private HelloReply() {}

  /** A copy with the number in place of the server's own. */
  static ByteBuf withId(ByteBuf reply, long id) {
    int at = ByteBufUtil.indexOf(ID, reply);
    if (at < 0) {
      return reply.copy();
    }
    int number = at + ID.readableBytes();
    int end = reply.indexOf(number, reply.writerIndex(), (byte) '\r');
    ByteBuf told = Unpooled.buffer(reply.readableBytes() + 20);
    told.writeBytes(reply, reply.readerIndex(), number - reply.readerIndex());
    ByteBufUtil.writeAscii(told, Long.toString(id));
    return told.writeBytes(reply, end, reply.writerIndex() - end);
  }
}
