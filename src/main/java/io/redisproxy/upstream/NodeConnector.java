package io.redisproxy.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.resolver.DefaultHostsFileEntriesResolver;
import io.netty.resolver.HostsFileEntriesResolver;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.tls.TlsHandshake;
import io.redisproxy.tls.TlsPeer;
import io.redisproxy.tls.TlsServer;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetSocketInternal;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Opens connections to nodes on one event loop. Vert.x connects; the handler given then carries the
 * bytes itself, ahead of Vert.x' own handler, which would copy them.
 */
public final class NodeConnector {
  /** The name of Vert.x' handler in a socket's pipeline. */
  private static final String VERTX_HANDLER = "handler";

  private static final String HANDLER = "redis";

  // For those who wait at a node and send nothing, such as subscribers.
  private static final int KEEPALIVE_IDLE = 15;
  private static final int KEEPALIVE_INTERVAL = 5;
  private static final int KEEPALIVE_COUNT = 3;

  /**
   * How nodes are found and connected to.
   *
   * @param silence how long bytes may go unacknowledged, or wait for a node that reads nothing,
   *     until the connection is lost: TCP_USER_TIMEOUT, RFC 5482
   * @param dnsServers those of the system if there are none
   * @param hosts reads the hosts file
   */
  public record Options(
      Duration connectTimeout,
      Duration silence,
      List<InetSocketAddress> dnsServers,
      Supplier<? extends HostsFileEntriesResolver> hosts) {

    public Options(Duration connectTimeout, Duration silence, List<InetSocketAddress> dnsServers) {
      // Netty's reads the file when it is made, and then no more.
      this(connectTimeout, silence, dnsServers, DefaultHostsFileEntriesResolver::new);
    }
  }

  private final ContextInternal context;
  private final Options options;
  private final NodeNames names;
  private final NetClient client;
  private final ConnectionLimit limit;
  private final TlsHandshake.Options handshakes;

  /** As whom nodes are connected to by TLS; null for those that are without it. */
  private final Function<NodeAddress, TlsPeer> peers;

  /**
   * To be made on the event loop that the connections shall belong to.
   *
   * @param limit what all connections are counted by
   */
  public NodeConnector(Vertx vertx, Options options, ConnectionLimit limit) {
    this.limit = limit;
    context = (ContextInternal) vertx.getOrCreateContext();
    this.options = options;
    names = new NodeNames(this::lookUp);
    NetClientOptions tcp =
        new NetClientOptions()
            .setConnectTimeout((int) options.connectTimeout().toMillis())
            .setTcpKeepAlive(true);
    tcp.setTcpUserTimeout((int) options.silence().toMillis())
        .setTcpKeepAliveIdleSeconds(KEEPALIVE_IDLE)
        .setTcpKeepAliveIntervalSeconds(KEEPALIVE_INTERVAL)
        .setTcpKeepAliveCount(KEEPALIVE_COUNT)
        // Else Linux keeps back the acknowledgement that lets a node take the connection. That is
        // not for good, see tcp(7): later ones wait for data to go with as ever.
        .setTcpQuickAck(true);
    client = vertx.createNetClient(tcp);
    handshakes = new TlsHandshake.Options(workers(vertx), options.connectTimeout());
    peers = node -> null;
  }

  private NodeConnector(NodeConnector like, Function<NodeAddress, TlsPeer> peers) {
    context = like.context;
    options = like.options;
    names = like.names;
    client = like.client;
    limit = like.limit;
    handshakes = like.handshakes;
    this.peers = peers;
  }

  /** The same with TLS; asked for each connection, {@code peers} gives null for none. */
  public NodeConnector secured(Function<NodeAddress, TlsPeer> peers) {
    return new NodeConnector(this, peers);
  }

  /** Where an event loop lets others compute. */
  public static Executor workers(Vertx vertx) {
    return task ->
        vertx.executeBlocking(
            () -> {
              task.run();
              return null;
            },
            false);
  }

  /** What all connections are counted by. */
  public ConnectionLimit limit() {
    return limit;
  }

  /** Puts {@code handler} ahead of Vert.x' own in a socket's pipeline. */
  public static void takeOver(NetSocketInternal socket, ChannelInboundHandler handler) {
    ChannelPipeline pipeline = socket.channelHandlerContext().pipeline();
    pipeline.addBefore(VERTX_HANDLER, HANDLER, handler);
  }

  /** Shakes hands with a client; the handler of the outcome then comes ahead of Vert.x' own. */
  public static void accept(
      NetSocketInternal socket,
      TlsServer tls,
      TlsHandshake.Options options,
      TlsHandshake.Outcome outcome) {
    Channel channel = socket.channelHandlerContext().channel();
    TlsHandshake.accept(tls, channel, VERTX_HANDLER, HANDLER, options, outcome);
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
                .onSuccess(socket -> enter(node, (NetSocketInternal) socket, handler, onFailure))
                .onFailure(onFailure));
  }

  private void enter(
      NodeAddress node,
      NetSocketInternal socket,
      ChannelInboundHandler handler,
      Handler<Throwable> onFailure) {
    TlsPeer peer = peers.apply(node);
    if (peer == null) {
      takeOver(socket, handler);
      return;
    }
    TlsHandshake.connect(
        peer,
        node.port(),
        socket.channelHandlerContext().channel(),
        VERTX_HANDLER,
        HANDLER,
        handshakes,
        new TlsHandshake.Outcome() {
          @Override
          public ChannelInboundHandler onSecured() {
            return handler;
          }

          @Override
          public void onFailed(Throwable cause) {
            onFailure.handle(cause);
          }
        });
  }

  private Future<NetSocket> connect(NodeAddress node) {
    limit.onOpening();
    return connectNow(node)
        .onSuccess(
            socket ->
                limit.closeWith(((NetSocketInternal) socket).channelHandlerContext().channel()))
        .onFailure(cause -> limit.onFailed());
  }

  private Future<NetSocket> connectNow(NodeAddress node) {
    // Vert.x' own resolver keeps the hosts file that it has read, and forgets where names led. It
    // also refuses when it has closed the client with the verticle; that fails the future.
    return names
        .address(node.host())
        .compose(
            address ->
                client
                    .connect(node.port(), address)
                    .onFailure(cause -> names.onUnreachable(node.host(), address)));
  }

  /** Asks what a name stands for now; on the event loop. */
  public Future<FoundAddresses> lookUp(String name) {
    return new NameLookup(context, options).ask(name);
  }

  /** Runs an action on the event loop after a delay. */
  public void schedule(Duration delay, Runnable action) {
    // A timer of Vert.x may be on another event loop, and outlive this one.
    context.nettyEventLoop().schedule(() -> execute(action), delay.toNanos(), TimeUnit.NANOSECONDS);
  }
}
