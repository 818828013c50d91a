package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.resp.ReplyScanner;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Asks a node a few questions at a time on a connection of its own, which it keeps between times
 * and makes anew after a failure. A node that is silent for the timeout has failed: TCP alone does
 * not tell that a server hangs.
 */
public final class NodeProbe {
  private final NodeAddress node;
  private final NodeConnector connector;
  private final Duration timeout;
  private Asking connection;
  private boolean closed;

  public NodeProbe(NodeAddress node, NodeConnector connector, Duration timeout) {
    this.node = node;
    this.connector = connector;
    this.timeout = timeout;
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

  public void close() {
    closed = true;
    if (connection != null) {
      connection.fail(new IllegalStateException("the probe is closed"));
    }
  }

  private final class Asking extends ChannelInboundHandlerAdapter {
    private ChannelHandlerContext context;
    private ReplyScanner scanner;
    private ByteBuf request;
    private ByteBuf received;
    private List<String> replies;
    private int wanted;
    private int scanned;
    private int replyStart;
    private Promise<List<String>> promise;

    Future<List<String>> ask(List<String> commands) {
      Promise<List<String>> asked = Promise.promise();
      promise = asked;
      scanner = new ReplyScanner();
      replies = new ArrayList<>();
      received = Unpooled.buffer();
      scanned = 0;
      replyStart = 0;
      wanted = commands.size();
      request =
          Unpooled.copiedBuffer(String.join("\r\n", commands) + "\r\n", StandardCharsets.US_ASCII);
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
      if (context != null && request != null) {
        context.writeAndFlush(request);
        request = null;
      }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      context = ctx;
      if (closed || connection != this) {
        ctx.close();
      } else {
        send();
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      if (promise != null) {
        received.writeBytes(in);
        readReplies();
      }
      in.release();
    }

    private void readReplies() {
      try {
        while (scanned < received.writerIndex() && replies.size() < wanted) {
          scanned = scanner.scan(received, scanned, 1);
          if (scanner.completed() == 1) {
            replies.add(
                received.toString(replyStart, scanned - replyStart, StandardCharsets.UTF_8));
            replyStart = scanned;
          }
        }
      } catch (NotRedisException e) {
        fail(e);
        return;
      }
      if (replies.size() == wanted) {
        Promise<List<String>> answered = promise;
        promise = null;
        answered.complete(replies.stream().map(String::strip).toList());
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
