package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.upstream.NodeFailure;
import java.util.function.Consumer;

/** The reply to one request of the proxy's own making, told when it is whole. */
final class OwnReply extends OwnReplies {
  private final Consumer<ByteBuf> onReply;
  private final Consumer<NodeFailure> onLost;
  private final ByteBuf reply;

  /**
   * {@code session}: which it is for.
   *
   * @param onReply told the reply, which it doesn't take over
   * @param onLost told why there is none
   */
  OwnReply(Session session, Consumer<ByteBuf> onReply, Consumer<NodeFailure> onLost) {
    super(session, 1);
    this.onReply = onReply;
    this.onLost = onLost;
    reply = session.allocator().buffer();
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    reply.writeBytes(bytes);
    bytes.release();
    if (wanted() == 0) {
      onReply.accept(reply);
      reply.release();
    }
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    reply.release();
    onLost.accept(failure);
  }
}
