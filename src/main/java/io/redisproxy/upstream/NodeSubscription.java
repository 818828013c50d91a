package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.resp.Resp;
import io.redisproxy.resp.TextReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Hears what a node publishes in some channels, on a connection of its own. Messages are short
 * texts; some are missed while there is no connection.
 */
public final class NodeSubscription {
  private final NodeAddress node;
  private final Login login;
  private final NodeConnector connector;
  private final long timeout;
  private final List<String> channels;
  private final BiConsumer<String, String> onMessage;
  private Connection connection;
  private boolean closed;

  /**
   * {@code login}: null if the node asks for none.
   *
   * @param timeout how long a node may be silent that is looked after
   * @param onMessage gets the channel and the message
   */
  public NodeSubscription(
      NodeAddress node,
      Login login,
      NodeConnector connector,
      Duration timeout,
      List<String> channels,
      BiConsumer<String, String> onMessage) {
    this.node = node;
    this.login = login;
    this.connector = connector;
    this.timeout = timeout.toNanos();
    this.channels = channels;
    this.onMessage = onMessage;
  }

  /**
   * Makes the connection if there is none, or sees to it that it is alive; to be called every now
   * and then. TCP alone does not tell that a server hangs, and a subscription may be silent.
   */
  public void keep() {
    if (connection != null) {
      connection.check();
    }
    if (connection == null && !closed) {
      Connection made = new Connection();
      connection = made;
      connector.connect(node, made, cause -> made.lose());
    }
  }

  public void close() {
    closed = true;
    drop();
  }

  /** Gives the connection up; {@link #keep} makes another one. */
  public void drop() {
    if (connection != null) {
      Connection lost = connection;
      connection = null;
      lost.close();
    }
  }

  private final class Connection extends ChannelInboundHandlerAdapter {
    private final Handshake handshake = new Handshake(Identity.DEFAULT.withLogin(login), false);
    private ReplyCollector item = new ReplyCollector(1);
    private ChannelHandlerContext context;
    private boolean asked = true;
    private long askedAt = System.nanoTime();

    /** Any word from the node answers for its life. */
    void check() {
      if (asked && System.nanoTime() - askedAt > timeout) {
        drop();
      } else if (!asked) {
        send(List.of("PING"));
      }
    }

    void close() {
      if (context != null) {
        context.close();
      }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      context = ctx;
      if (connection != this) {
        ctx.close();
      } else if (handshake.isEmpty()) {
        subscribe();
      } else {
        ctx.writeAndFlush(handshake.requests(ctx.alloc()), ctx.voidPromise());
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      try {
        asked = false;
        read(in);
      } catch (NotRedisException | IllegalArgumentException e) {
        lose();
      } finally {
        in.release();
      }
    }

    private void read(ByteBuf in) {
      if (!handshake.isDone()) {
        handshake.read(in);
        if (handshake.isDone() && handshake.refusal() != null) {
          lose();
        } else if (handshake.isDone()) {
          subscribe();
        }
      }
      while (in.isReadable() && connection == this) {
        item.read(in);
        if (item.isDone()) {
          String text = item.all().get(0);
          item = new ReplyCollector(1);
          onItem(TextReply.list(TextReply.parse(text)));
        }
      }
    }

    /** Else it is the answer to SUBSCRIBE or PING. */
    private void onItem(List<?> elements) {
      if (elements.size() == 3 && "message".equals(elements.get(0))) {
        List<String> texts = TextReply.texts(elements);
        onMessage.accept(texts.get(1), texts.get(2));
      }
    }

    private void subscribe() {
      List<String> request = new ArrayList<>(List.of("SUBSCRIBE"));
      request.addAll(channels);
      send(request);
    }

    private void send(List<String> request) {
      asked = true;
      askedAt = System.nanoTime();
      context.writeAndFlush(
          Resp.request(context.alloc(), request.toArray(String[]::new)), context.voidPromise());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      lose();
      ctx.fireChannelInactive();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      // Nobody behind this handler reads.
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      lose();
    }

    private void lose() {
      if (connection == this) {
        drop();
      }
    }
  }
}
