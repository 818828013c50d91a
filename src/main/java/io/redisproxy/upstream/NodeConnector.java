package io.redisproxy.upstream;

import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DatagramChannel;
import io.redisproxy.config.NodeAddress;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketInternal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Opens connections to nodes on one event loop. Vert.x connects; the handler given then carries the
 * bytes itself, ahead of Vert.x' own handler, which would copy them.
 */
public final class NodeConnector {
  /** The name of Vert.x' handler in a socket's pipeline. */
  private static final String VERTX_HANDLER = "handler";

  private final ContextInternal context;
  private final NetClient client;

  /** To be made on the event loop that the connections shall belong to. */
  public NodeConnector(Vertx vertx, Duration connectTimeout) {
    context = (ContextInternal) vertx.getOrCreateContext();
    client =
        vertx.createNetClient(
            new NetClientOptions()
                .setConnectTimeout((int) connectTimeout.toMillis())
                .setTcpKeepAlive(true));
  }

  /** Puts {@code handler} ahead of Vert.x' own in a socket's pipeline. */
  public static void takeOver(NetSocketInternal socket, ChannelInboundHandler handler) {
    ChannelPipeline pipeline = socket.channelHandlerContext().pipeline();
    pipeline.addBefore(VERTX_HANDLER, "redis", handler);
  }

  /** Runs an action on the event loop, soon; any thread may call this. */
  public void execute(Runnable action) {
    context.runOnContext(nothing -> action.run());
  }

  /** Connects; {@code handler} is added to the channel, or {@code onFailure} is told. */
  void connect(NodeAddress node, ChannelInboundHandler handler, Handler<Throwable> onFailure) {
    // Vert.x keeps a connection on the event loop of the context that it is asked for in.
    context.runOnContext(
        nothing ->
            connect(node)
                .onSuccess(socket -> takeOver((NetSocketInternal) socket, handler))
                .onFailure(onFailure));
  }

  private Future<NetSocket> connect(NodeAddress node) {
    try {
      return client.connect(node.port(), node.host());
    } catch (IllegalStateException stopped) {
      // Vert.x has closed the client with the verticle, while others still ask for connections.
      return Future.failedFuture(stopped);
    }
  }

  /** A channel for datagrams, of the kind that the event loop takes. */
  public DatagramChannel newDatagramChannel() {
    return ((VertxInternal) context.owner()).transport().datagramChannel();
  }

  /** Runs an action on the event loop after a delay. */
  public void schedule(Duration delay, Runnable action) {
    // A timer of Vert.x may be on another event loop, and outlive this one.
    context.nettyEventLoop().schedule(() -> execute(action), delay.toNanos(), TimeUnit.NANOSECONDS);
  }
}
