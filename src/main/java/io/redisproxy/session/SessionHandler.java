package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ListenerMeters;
import io.redisproxy.resp.Resp;
import io.redisproxy.tls.TlsFailure;
import io.redisproxy.tls.TlsHandshake;
import io.redisproxy.tls.TlsServer;
import io.redisproxy.upstream.ConnectionLimit;
import io.redisproxy.upstream.NodeConnector;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketInternal;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** Begins the session of a client that has connected, and tells it what comes of the connection. */
public final class SessionHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = Logger.getLogger(SessionHandler.class);

  private static final String TOO_MANY = "ERR max number of clients reached";

  private final SessionContext shared;
  private final Session session;

  SessionHandler(SessionContext shared) {
    this.shared = shared;
    session = new Session(shared);
  }

  /** Begins the session of a client that has connected. */
  public static void begin(NetSocket socket, SessionContext shared) {
    Channel channel = channel(socket);
    if (isLetIn(channel, shared)) {
      NodeConnector.takeOver((NetSocketInternal) socket, new SessionHandler(shared));
    } else {
      channel.writeAndFlush(Resp.error(TOO_MANY)).addListener(ChannelFutureListener.CLOSE);
    }
  }

  /**
   * The same of one who has to shake hands first.
   *
   * @param shared what the listener's sessions get now
   * @param later what the session gets when it begins; null if none does any more
   */
  public static void begin(
      NetSocket socket,
      TlsServer tls,
      TlsHandshake.Options options,
      SessionContext shared,
      Supplier<SessionContext> later) {
    Channel channel = channel(socket);
    if (isLetIn(channel, shared)) {
      NodeConnector.accept(
          (NetSocketInternal) socket, tls, options, new TlsAccept(channel, shared.meters(), later));
    } else {
      channel.close();
    }
  }

  private static Channel channel(NetSocket socket) {
    return ((NetSocketInternal) socket).channelHandlerContext().channel();
  }

  /** Whether there is room for the client, which counts from now on. */
  private static boolean isLetIn(Channel channel, SessionContext shared) {
    ConnectionLimit limit = shared.limit();
    if (limit.isReached()) {
      ListenerMeters meters = shared.meters();
      meters.onAccepted();
      meters.onClosed(CloseCause.MAX_CLIENTS);
      LOG.warnf(
          "listener %s: client %s not let in: the process has file descriptors for %d connections",
          meters.listener(), channel.remoteAddress(), limit.most());
      return false;
    }
    limit.onOpened(channel);
    return true;
  }

  Session session() {
    return session;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    ChannelConfig config = ctx.channel().config();
    // A client may close its side after its last request, as a pipe into netcat does.
    config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    config.setRecvByteBufAllocator(
        new FrugalReads(config.getRecvByteBufAllocator(), shared.memory()));
    session.begin(ctx);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    session.onRead((ByteBuf) message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    // Nobody behind this handler reads.
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      session.onWritable();
    } else {
      session.onUnwritable();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE || event == SslCloseCompletionEvent.SUCCESS) {
      onEndOfInput(ctx);
    } else if (event instanceof IdleStateEvent) {
      session.closeNow(CloseCause.HALF_CLOSED);
    }
  }

  /** TCP's end may follow that of TLS. */
  private void onEndOfInput(ChannelHandlerContext ctx) {
    if (!session.hasInputEnded()) {
      waitForRepliesOnly(ctx);
      session.onEndOfInput();
    }
  }

  /**
   * Whether the client still waits, or is gone, TCP tells only when something is sent to it; when
   * the node is silent, too, nothing ever would be.
   */
  private void waitForRepliesOnly(ChannelHandlerContext ctx) {
    long timeout = shared.halfClosedTimeout().toMillis();
    ctx.pipeline()
        .addBefore(
            ctx.name(),
            "half-closed",
            new IdleStateHandler(true, 0, timeout, 0, TimeUnit.MILLISECONDS));
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    session.onClosed();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (TlsFailure.is(cause)) {
      session.closeNow(CloseCause.TLS_ERROR);
    } else if (cause instanceof IOException) {
      session.closeNow(CloseCause.CLIENT);
    } else if (cause instanceof OutOfMemoryError) {
      LOG.errorf(
          "client %s closed for want of memory: %s",
          ctx.channel().remoteAddress(), cause.getMessage());
      session.closeNow(CloseCause.MEMORY);
    } else {
      LOG.errorf(
          cause, "client %s closed by a mistake of the proxy", ctx.channel().remoteAddress());
      session.closeNow(CloseCause.INTERNAL_ERROR);
    }
  }
}
