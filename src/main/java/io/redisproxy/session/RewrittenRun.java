package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.upstream.NodeFailure;

/** One request over the session's own connection whose small reply the client gets changed. */
abstract class RewrittenRun extends Run {
  private ByteBuf reply = Unpooled.EMPTY_BUFFER;
  private boolean refused;

  RewrittenRun(Session session, Target target) {
    super(session, target, System.nanoTime());
  }

  /** What the client gets in place of the reply, which is whole, and only to be read. */
  abstract ByteBuf rewritten(ByteBuf whole);

  /** The reply is an error, which the client gets as it is. */
  void onRefused() {}

  @Override
  protected final void onError() {
    refused = true;
  }

  @Override
  protected final void onReplies(ByteBuf bytes) {
    reply = Unpooled.wrappedBuffer(reply, bytes);
    if (wanted() > 0) {
      return;
    }
    if (refused) {
      onRefused();
      super.onReplies(reply);
    } else {
      ByteBuf told = rewritten(reply);
      reply.release();
      super.onReplies(told);
    }
  }

  /** A message is not a part of the reply. */
  @Override
  protected final void onPush(ByteBuf bytes) {
    session.replies().onReplies(this, bytes);
  }

  @Override
  protected final void onLost(NodeFailure failure, boolean insideReply) {
    reply.release();
    super.onLost(failure, false);
  }
}
