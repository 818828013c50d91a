package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

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
  public void end() {
    context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> shutDown());
  }

  /** TLS has a word of its own for the end, without which it would be taken for an attack. */
  private void shutDown() {
    DuplexChannel channel = (DuplexChannel) context.channel();
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      channel.shutdownOutput();
    } else {
      tls.closeOutbound().addListener(told -> channel.shutdownOutput());
    }
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
