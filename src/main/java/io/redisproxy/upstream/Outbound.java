package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;

/** The way out through one channel: writes now, flushes at the end of the event loop's turn. */
public final class Outbound {
  private final ChannelHandlerContext context;
  private final FlushQueue flushQueue;
  private boolean queued;

  public Outbound(ChannelHandlerContext context, FlushQueue flushQueue) {
    this.context = context;
    this.flushQueue = flushQueue;
  }

  /** Takes the bytes over. */
  public void write(ByteBuf bytes) {
    assert context.executor().inEventLoop();
    context.write(bytes, context.voidPromise());
    if (!queued) {
      queued = true;
      flushQueue.add(this);
    }
  }

  /** Sends what there is to send, then closes this direction. */
  void end() {
    context
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(sent -> ((DuplexChannel) context.channel()).shutdownOutput());
  }

  void flush() {
    queued = false;
    context.flush();
  }

  /** False when more waits to be sent than the channel's high water mark. */
  public boolean isWritable() {
    return context.channel().isWritable();
  }

  /** How many bytes wait to be sent. */
  public long pending() {
    ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }
}
