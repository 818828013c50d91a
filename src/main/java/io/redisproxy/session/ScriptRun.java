package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import java.util.Iterator;

/**
 * A script that only reads. Each node has a cache of scripts of its own: when one doesn't know a
 * digest, and so has run nothing, the other replicas are asked, and last the master.
 */
final class ScriptRun extends Run {
  private static final ByteBuf NOSCRIPT =
      Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(Resp.bytes("-NOSCRIPT ")));

  private final Iterator<Target> others;

  /** Sent again, until a node has begun to answer otherwise. */
  private ByteBuf request;

  /** The beginning of a reply, until it can be told from the error. */
  private ByteBuf beginning = Unpooled.EMPTY_BUFFER;

  private boolean decided;

  /**
   * {@code request}: taken over.
   *
   * @param needed what a replica must have reached
   */
  ScriptRun(Session session, Target first, long needed, ByteBuf request) {
    super(session, first, System.nanoTime());
    this.request = request;
    Target master = session.lane().forWrite();
    others =
        java.util.stream.Stream.concat(
                session.lane().targets().stream()
                    .filter(target -> target != first && target != master)
                    .filter(target -> session.lane().isReadable(target.node()))
                    .filter(target -> session.lane().hasReached(target.node(), needed)),
                java.util.stream.Stream.of(master))
            .iterator();
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    if (decided) {
      super.onReplies(bytes);
      return;
    }
    beginning = Unpooled.wrappedBuffer(beginning, bytes);
    int length = Math.min(beginning.readableBytes(), NOSCRIPT.readableBytes());
    boolean missing = ByteBufUtil.equals(beginning, 0, NOSCRIPT, 0, length);
    if (missing && wanted() > 0) {
      return;
    }
    if (!missing || !askAnother()) {
      decide();
      super.onReplies(taken());
    }
  }

  private boolean askAnother() {
    while (others.hasNext()) {
      Target next = others.next();
      if (next.link().connection() != null) {
        taken().release();
        want(1);
        next.link().connection().expect(this);
        next.link().connection().send(request.retainedDuplicate());
        return true;
      }
    }
    return false;
  }

  private ByteBuf taken() {
    ByteBuf taken = beginning;
    beginning = Unpooled.EMPTY_BUFFER;
    return taken;
  }

  private void decide() {
    decided = true;
    request.release();
    request = null;
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    boolean passedOn = decided;
    if (!decided) {
      decide();
      taken().release();
    }
    super.onLost(failure, insideReply && passedOn);
  }
}
