package io.redisproxy.listener;

import io.netty.channel.Channel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import io.redisproxy.session.Session;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * A port, as one event loop serves it. Opened once on every event loop, Vert.x spreads the clients
 * over them.
 */
public final class Listener {
  /** As many as the kernel takes; a wave of clients that reconnect must not be refused. */
  private static final int BACKLOG = 4096;

  private final NetServer server;
  private Session.Shared shared;

  private Listener(NetServer server, Session.Shared shared) {
    this.server = server;
    this.shared = shared;
  }

  /** Opens the port, or joins the other event loops that have it open. */
  public static Future<Listener> open(Vertx vertx, String host, int port, Session.Shared shared) {
    NetServerOptions options =
        new NetServerOptions()
            .setHost(host)
            .setPort(port)
            .setAcceptBacklog(BACKLOG)
            .setTcpKeepAlive(true);
    NetServer server = vertx.createNetServer(options);
    Listener listener = new Listener(server, shared);
    return server
        .connectHandler(socket -> Session.begin(socket, listener.shared))
        .listen()
        .map(listener);
  }

  /** What the clients get that come from now on; on the event loop. */
  public void serve(Session.Shared others) {
    shared = others;
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
    return server.close();
  }
}
