package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.resp.NotRedisException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Asks a node a few questions at a time on a connection of its own, which it keeps between times
 * and makes anew after a failure. A node that is silent for the timeout has failed: TCP alone does
 * not tell that a server hangs.
 */
public final class NodeProbe {
  private final NodeAddress node;
  private final Login login;
  private final NodeConnector connector;
  private final Duration timeout;
  private Asking connection;
  private boolean closed;

  /** The node is there, but refuses the login. */
  public static final class RefusedException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    RefusedException(String error) {
      super("it answered -" + error);
    }
  }

  /** {@code login}: null if the node asks for none. */
  public NodeProbe(NodeAddress node, Login login, NodeConnector connector, Duration timeout) {
    this.node = node;
    this.login = login;
    this.connector = connector;
    this.timeout = timeout;
  }

  public NodeAddress node() {
    return node;
  }

  /** Whether the connection of the last question is there for the next one. */
  public boolean isConnected() {
    return connection != null;
  }

  /**
   * Sends commands and completes with the reply to each, as the protocol writes it: errors begin
   * with a minus, bulk strings with their length. Only one call at a time.
   */
  public Future<List<String>> ask(List<String> commands) {
    if (connection == null) {
      connection = new Asking();
      connector.connect(node, connection, connection::fail);
    }
    return connection.ask(commands);
  }

  /**
   * Asks whether the node lets this login in, or with none anybody, and closes; fails with a {@link
   * RefusedException} if not. Instead of {@link #ask}.
   */
  public Future<Void> greet() {
    return ask(List.of("PING"))
        .compose(
            answers ->
                answers.get(0).startsWith("-NOAUTH")
                    ? Future.<Void>failedFuture(
                        new RefusedException(answers.get(0).substring(1).stripTrailing()))
                    : Future.<Void>succeededFuture())
        .onComplete(any -> close());
  }

  /**
   * The next question goes over another connection: this one may lead to who had the address
   * before. Not while an answer is awaited.
   */
  public void reconnect() {
    if (connection != null) {
      connection.fail(new IllegalStateException("another connection is to be made"));
    }
  }

  public void close() {
    closed = true;
    if (connection != null) {
      connection.fail(new IllegalStateException("the probe is closed"));
    }
  }

  private final class Asking extends ChannelInboundHandlerAdapter {
    private final Handshake handshake = new Handshake(Identity.DEFAULT.withLogin(login), false);
    private ChannelHandlerContext context;
    private String unsent;
    private ReplyCollector replies;
    private Promise<List<String>> promise;

    Future<List<String>> ask(List<String> commands) {
      Promise<List<String>> asked = Promise.promise();
      promise = asked;
      replies = new ReplyCollector(commands.size());
      unsent = String.join("\r\n", commands) + "\r\n";
      connector.schedule(
          timeout,
          () -> {
            if (promise == asked) {
              fail(new TimeoutException("no answer within " + timeout.toMillis() + " ms"));
            }
          });
      send();
      return asked.future();
    }

    private void send() {
      if (context != null && handshake.isDone() && unsent != null) {
        context.writeAndFlush(Unpooled.copiedBuffer(unsent, StandardCharsets.US_ASCII));
        unsent = null;
      }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      context = ctx;
      if (closed || connection != this) {
        ctx.close();
      } else if (handshake.isEmpty()) {
        send();
      } else {
        ctx.writeAndFlush(handshake.requests(ctx.alloc()));
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      try {
        read(in);
      } catch (NotRedisException e) {
        fail(e);
      } finally {
        in.release();
      }
    }

    private void read(ByteBuf in) {
      if (!handshake.isDone()) {
        handshake.read(in);
        if (handshake.isDone() && handshake.refusal() != null) {
          fail(new RefusedException(handshake.refusal()));
          return;
        }
        send();
      }
      if (promise != null && in.isReadable()) {
        replies.read(in);
        if (replies.isDone()) {
          Promise<List<String>> answered = promise;
          promise = null;
          answered.complete(replies.all());
        }
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      fail(new IllegalStateException("connection lost"));
      ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      fail(cause);
    }

    /** Ends this connection; the next question makes another one. */
    void fail(Throwable cause) {
      if (connection == this) {
        connection = null;
      }
      if (context != null) {
        context.close();
      }
      if (promise != null) {
        Promise<List<String>> failed = promise;
        promise = null;
        failed.fail(cause);
      }
    }
  }
}
