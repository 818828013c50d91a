package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.resp.Resp;
import java.nio.charset.StandardCharsets;

/**
 * CLIENT GETREDIR or TRACKINGINFO: the node tells which of its clients gets the session's
 * invalidations by a number of its own, and the client asks for the proxy's.
 */
final class RedirectRun extends RewrittenRun {
  /** The first of these names the field; prefixes, which can be anything, come behind it. */
  private static final String FIELD = "$8\r\nredirect\r\n";

  private final long redirect;

  /** {@code redirect}: the number to tell. */
  RedirectRun(Session session, Target target, long redirect) {
    super(session, target);
    this.redirect = redirect;
  }

  @Override
  ByteBuf rewritten(ByteBuf whole) {
    String text = whole.toString(StandardCharsets.ISO_8859_1);
    int field = text.indexOf(FIELD);
    int at = field < 0 ? 0 : field + FIELD.length();
    int end = text.indexOf('\r', at);
    return Unpooled.wrappedBuffer(
        Resp.bytes(text.substring(0, at) + ":" + redirect + text.substring(end)));
  }
}
