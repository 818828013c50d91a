package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.resp.Resp;
import java.nio.charset.StandardCharsets;

/**
 * Finds the push that tells a client that the one its invalidations are redirected to is gone. The
 * node names that by a number of its own, and the client knows the proxy's.
 */
final class BrokenRedirect {
  private static final String HEAD = ">2\r\n$21\r\ntracking-redir-broken\r\n:";

  /** What came of a push that may be it. */
  private ByteBuf begun = Unpooled.EMPTY_BUFFER;

  private long number;

  /** Whether the push that has begun is another one. */
  private boolean passing;

  /**
   * What the client gets now of a push whose bytes come, and are taken over.
   *
   * @param ends whether they are the last ones of the push
   * @param redirect the number to tell; 0 if no client's invalidations are redirected
   */
  ByteBuf renumbered(ByteBuf bytes, boolean ends, long redirect) {
    boolean begins = !begun.isReadable();
    if (passing || (begins && redirect == 0)) {
      passing = !ends;
      return bytes;
    }
    if (begins) {
      number = redirect;
    }
    ByteBuf all = Unpooled.wrappedBuffer(begun, bytes);
    begun = Unpooled.EMPTY_BUFFER;
    int compared = Math.min(all.readableBytes(), HEAD.length());
    if (!HEAD.startsWith(all.toString(all.readerIndex(), compared, StandardCharsets.US_ASCII))) {
      passing = !ends;
      return all;
    }
    if (!ends) {
      begun = Unpooled.copiedBuffer(all);
    }
    all.release();
    return ends
        ? Unpooled.wrappedBuffer(Resp.bytes(HEAD + number + "\r\n"))
        : Unpooled.EMPTY_BUFFER;
  }
}
