package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.resp.ReplyScanner;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Asks a node the same question over and over, up to some thousand times a second, on a connection
 * of its own. The connection is made with the first question, and after a failure with the next.
 */
public final class NodePoll {

  /** Who asks. */
  public interface Asker {
    /** The reply as the protocol writes it, from {@code from} to {@code end}; only to be read. */
    void onReply(ByteBuf in, int from, int end);

    /** The connection is lost, asked or not, or could not be made. */
    void onLost(Throwable cause);

    /** The node has not answered in time; the connection is given up. */
    void onSilence();
  }

  private final NodeAddress node;
  private final Identity identity;
  private final NodeConnector connector;
  private final Duration timeout;
  private final Asker asker;
  private final ByteBuf question;
  private Connection connection;
  private boolean asked;
  private long askedAt;
  private boolean watching;
  private boolean closed;

  /**
   * {@code login}: null if the node asks for none.
   *
   * @param question a command as one types it
   */
  public NodePoll(
      NodeAddress node,
      Login login,
      NodeConnector connector,
      Duration timeout,
      String question,
      Asker asker) {
    this.node = node;
    identity = Identity.DEFAULT.withLogin(login);
    this.connector = connector;
    this.timeout = timeout;
    this.asker = asker;
    this.question =
        Unpooled.unreleasableBuffer(
            Unpooled.copiedBuffer(question + "\r\n", StandardCharsets.US_ASCII));
  }

  /** Asks; not again before the answer. */
  public void ask() {
    asked = true;
    askedAt = System.nanoTime();
    if (connection == null) {
      connection = new Connection();
      connector.connect(node, connection, connection::fail);
    } else {
      connection.send();
    }
    if (!watching) {
      watch(timeout.toNanos());
    }
  }

  /** Gives up the connection, and the answer if there is one to come, without a word. */
  public void drop() {
    asked = false;
    if (connection != null) {
      connection.close();
    }
  }

  public void close() {
    closed = true;
    drop();
  }

  /** One timer looks after all questions: it goes on while they are asked. */
  private void watch(long nanos) {
    watching = true;
    connector.schedule(
        Duration.ofNanos(nanos),
        () -> {
          watching = false;
          if (!asked) {
            return;
          }
          long left = askedAt + timeout.toNanos() - System.nanoTime();
          if (left > 0) {
            watch(left);
          } else {
            drop();
            asker.onSilence();
          }
        });
  }

  private final class Connection extends ChannelInboundHandlerAdapter {
    private final ReplyScanner scanner = new ReplyScanner();
    private final ByteBuf received = Unpooled.buffer();
    private final Handshake handshake = new Handshake(identity, false);
    private ChannelHandlerContext context;

    private boolean isCurrent() {
      return connection == this;
    }

    private void send() {
      if (context != null && handshake.isDone()) {
        context.writeAndFlush(question.duplicate(), context.voidPromise());
      }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
      context = ctx;
      if (closed || !isCurrent()) {
        ctx.close();
      } else if (handshake.isEmpty()) {
        send();
      } else {
        ctx.writeAndFlush(handshake.requests(ctx.alloc()), ctx.voidPromise());
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf in = (ByteBuf) message;
      try {
        if (!isCurrent()) {
          return;
        }
        if (handshake.isDone()) {
          read(in);
        } else {
          readHandshake(in);
        }
      } catch (NotRedisException e) {
        fail(e);
      } finally {
        in.release();
      }
    }

    private void readHandshake(ByteBuf in) {
      handshake.read(in);
      if (handshake.isDone() && handshake.refusal() != null) {
        fail(new IllegalStateException("it answered -" + handshake.refusal()));
      } else if (handshake.isDone() && asked) {
        send();
      }
    }

    private void read(ByteBuf in) {
      if (!asked) {
        fail(new IllegalStateException("it answered what was not asked"));
        return;
      }
      int from = in.readerIndex();
      int end = scanner.scan(in, from, 1);
      boolean whole = scanner.completed() == 1;
      if (whole && !received.isReadable()) {
        answer(in, from, end);
        return;
      }
      received.writeBytes(in, from, end - from);
      if (whole) {
        answer(received, 0, received.writerIndex());
        received.clear();
      }
    }

    private void answer(ByteBuf in, int from, int end) {
      asked = false;
      asker.onReply(in, from, end);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      // Nobody behind this handler reads.
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

    private void fail(Throwable cause) {
      if (isCurrent()) {
        drop();
        asker.onLost(cause);
      }
    }

    private void close() {
      connection = null;
      if (context != null) {
        context.close();
      }
    }
  }
}
