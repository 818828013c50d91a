package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
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
    end(() -> {});
  }

  /** The same; the action runs behind that, also if the channel is closed before. */
  public void end(Runnable then) {
    context
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            sent -> {
              shutDown();
              then.run();
            });
  }

  /** TLS has a word of its own for the end, without which it would be taken for an attack. */
  private void shutDown() {
    Channel channel = context.channel();
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      closeOutput(channel);
    } else {
      tls.closeOutbound().addListener(told -> closeOutput(channel));
    }
  }

  private static void closeOutput(Channel channel) {
    if (channel instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    } else {
      channel.close();
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
