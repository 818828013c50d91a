package io.redisproxy.listener;

import io.netty.channel.Channel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import io.redisproxy.session.SessionContext;
import io.redisproxy.session.SessionHandler;
import io.redisproxy.tls.TlsHandshake;
import io.redisproxy.tls.TlsServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A port, as one event loop serves it. Opened once on every event loop, Vert.x spreads the clients
 * over them.
 */
public final class Listener {
  /** As many as the kernel takes; a wave of clients that reconnect must not be refused. */
  private static final int BACKLOG = 4096;

  // As Redis finds out that a client is gone without a word.
  private static final int KEEPALIVE_IDLE = 300;
  private static final int KEEPALIVE_INTERVAL = 100;
  private static final int KEEPALIVE_COUNT = 3;

  private final NetServer server;
  private final TlsHandshake.Options handshakes;
  private SessionContext shared;
  private Supplier<TlsServer> tls;
  private boolean closed;

  private Listener(
      NetServer server,
      TlsHandshake.Options handshakes,
      SessionContext shared,
      Supplier<TlsServer> tls) {
    this.server = server;
    this.handshakes = handshakes;
    this.shared = shared;
    this.tls = tls;
  }

  /**
   * Opens the port, or joins the other event loops that have it open.
   *
   * @param tls asked for each client that comes; gives null for none
   */
  public static Future<Listener> open(
      Vertx vertx,
      String host,
      int port,
      TlsHandshake.Options handshakes,
      SessionContext shared,
      Supplier<TlsServer> tls) {
    NetServerOptions options =
        new NetServerOptions()
            .setHost(host)
            .setPort(port)
            .setAcceptBacklog(BACKLOG)
            .setTcpKeepAlive(true);
    options
        .setTcpKeepAliveIdleSeconds(KEEPALIVE_IDLE)
        .setTcpKeepAliveIntervalSeconds(KEEPALIVE_INTERVAL)
        .setTcpKeepAliveCount(KEEPALIVE_COUNT);
    NetServer server = vertx.createNetServer(options);
    Listener listener = new Listener(server, handshakes, shared, tls);
    return server.connectHandler(listener::accept).listen().map(listener);
  }

  /** What the clients get that come from now on; on the event loop. */
  public void serve(SessionContext others, Supplier<TlsServer> othersTls) {
    shared = others;
    tls = othersTls;
  }

  private void accept(NetSocket socket) {
    TlsServer secured = tls.get();
    if (secured == null) {
      SessionHandler.begin(socket, shared);
    } else {
      SessionHandler.begin(socket, secured, handshakes, shared, () -> closed ? null : shared);
    }
  }

  /**
   * Takes no more clients on the port, on any event loop, and keeps those who are there. Vert.x has
   * no way to do so: it closes the clients of a server with it.
   */
  public static Future<Void> stopAccepting(Vertx vertx, int port) {
    List<Future<Void>> closing = new ArrayList<>();
    for (EventExecutor executor : ((VertxInternal) vertx).getAcceptorEventLoopGroup()) {
      Promise<Void> closed = Promise.promise();
      executor.execute(() -> close((SingleThreadEventLoop) executor, port, closed));
      closing.add(closed.future());
    }
    return Future.join(closing).mapEmpty();
  }

  private static void close(SingleThreadEventLoop acceptor, int port, Promise<Void> closed) {
    List<Channel> servers = new ArrayList<>();
    acceptor.registeredChannelsIterator().forEachRemaining(servers::add);
    servers.removeIf(
        channel ->
            !(channel instanceof ServerSocketChannel server)
                || server.localAddress() == null
                || server.localAddress().getPort() != port);
    servers.forEach(Channel::close);
    // All of it has been done on this thread.
    closed.complete();
  }

  public Future<Void> close() {
    closed = true;
    return server.close();
  }
}
