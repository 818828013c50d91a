package io.redisproxy.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * A channel's handshake. It stands in the pipeline for the handler that carries the bytes, and
 * gives that its place when TLS is there.
 */
public final class TlsHandshake extends ChannelInboundHandlerAdapter {

  /** What comes of it; exactly one of both. */
  public interface Outcome {
    /** The handler that goes on; null if the connection is of no use any more. */
    ChannelHandler onSecured();

    /** There is no connection; it is closed. */
    void onFailed(Throwable cause);
  }

  /** The name of Netty's handler in a pipeline. */
  private static final String TLS = "tls";

  private final String name;
  private final Outcome outcome;
  private boolean ended;

  private TlsHandshake(String name, Outcome outcome) {
    this.name = name;
    this.outcome = outcome;
  }

  /**
   * How handshakes are made.
   *
   * @param workers compute what takes a millisecond or more
   * @param timeout how long one may take
   */
  public record Options(Executor workers, Duration timeout) {}

  /** Shakes hands with a client that has connected; parameters as for {@link #begin}. */
  public static void accept(
      TlsServer server,
      Channel channel,
      String before,
      String name,
      Options options,
      Outcome outcome) {
    SslHandler handler = server.context().newHandler(channel.alloc(), options.workers());
    begin(handler, channel.pipeline(), before, name, options, outcome);
  }

  /**
   * Shakes hands with a node that the channel has connected to; parameters as for {@link #begin}.
   */
  public static void connect(
      TlsPeer peer,
      int port,
      Channel channel,
      String before,
      String name,
      Options options,
      Outcome outcome) {
    SslHandler handler =
        peer.client().context().newHandler(channel.alloc(), peer.name(), port, options.workers());
    begin(handler, channel.pipeline(), before, name, options, outcome);
  }

  /**
   * Shakes hands.
   *
   * @param before the handler that all of it stands before
   * @param name that of the handler that goes on
   */
  static void begin(
      SslHandler handler,
      ChannelPipeline pipeline,
      String before,
      String name,
      Options options,
      Outcome outcome) {
    handler.setHandshakeTimeoutMillis(options.timeout().toMillis());
    String handshake = name + "-handshake";
    TlsHandshake added = new TlsHandshake(name, outcome);
    pipeline.addBefore(before, handshake, added);
    pipeline.addBefore(handshake, TLS, handler);
    if (!pipeline.channel().isActive()) {
      // It was lost before, and tells nothing any more.
      added.fail(pipeline.context(added), new ClosedChannelException());
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent completion && !ended) {
      if (completion.isSuccess()) {
        ended = true;
        ChannelHandler next = outcome.onSecured();
        if (next == null) {
          ctx.close();
        } else {
          ctx.pipeline().replace(this, name, next);
        }
      } else {
        fail(ctx, completion.cause());
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    fail(ctx, new ClosedChannelException());
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(ctx, cause);
  }

  private void fail(ChannelHandlerContext ctx, Throwable cause) {
    if (!ended) {
      ended = true;
      outcome.onFailed(cause);
    }
    ctx.close();
  }
}
