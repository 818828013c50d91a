package io.redisproxy.listener;

import io.redisproxy.session.Session;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;

/**
 * A port, as one event loop serves it. Opened once on every event loop, Vert.x spreads the clients
 * over them.
 */
public final class Listener {
  /** As many as the kernel takes; a wave of clients that reconnect must not be refused. */
  private static final int BACKLOG = 4096;

  private final NetServer server;

  private Listener(NetServer server) {
    this.server = server;
  }

  /** Opens the port, or joins the other event loops that have it open. */
  public static Future<Listener> open(Vertx vertx, String host, int port, Session.Shared shared) {
    NetServerOptions options =
        new NetServerOptions()
            .setHost(host)
            .setPort(port)
            .setAcceptBacklog(BACKLOG)
            .setTcpKeepAlive(true);
    return vertx
        .createNetServer(options)
        .connectHandler(socket -> Session.begin(socket, shared))
        .listen()
        .map(Listener::new);
  }

  public Future<Void> close() {
    return server.close();
  }
}
