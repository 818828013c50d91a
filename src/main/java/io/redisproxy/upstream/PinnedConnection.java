package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.NodeMeters;
import io.redisproxy.resp.NotRedisException;
import io.redisproxy.resp.ReplyScanner;
import java.util.List;

/**
 * A connection to a node that belongs to one client, whose bytes it carries as they are. What the
 * client had told the proxy before is told to the node first, and the replies to that are kept
 * back.
 */
public final class PinnedConnection extends ChannelInboundHandlerAdapter {

  /** The client whose connection it is. */
  public interface Client {
    /**
     * The node is ready for the client's bytes. What it takes before that goes first: see {@link
     * #open}.
     */
    void onPinned();

    /** Takes over bytes that the node sent. */
    void onNodeBytes(ByteBuf bytes);

    /** There is room again to send more to the node. */
    void onNodeWritable();

    /** The node closed the connection, or the connection could not be made. */
    void onNodeClosed(NodeFailure failure);
  }

  private final NodeAddress node;
  private final FlushQueue flushQueue;
  private final NodeMeters meters;
  private final Client client;
  private final ReplyScanner scanner = new ReplyScanner();
  private ChannelHandlerContext context;
  private Outbound out;
  private List<ByteBuf> preface;
  private int repliesToKeep;
  private boolean closed;

  PinnedConnection(
      NodeAddress node,
      FlushQueue flushQueue,
      NodeMeters meters,
      Client client,
      List<ByteBuf> preface) {
    this.node = node;
    this.flushQueue = flushQueue;
    this.meters = meters;
    this.client = client;
    this.preface = preface;
    this.repliesToKeep = preface.size();
  }

  /** Takes the bytes over. */
  public void send(ByteBuf bytes) {
    if (closed) {
      bytes.release();
    } else {
      meters.bytesOut(bytes.readableBytes());
      out.write(bytes);
    }
  }

  public boolean isWritable() {
    return out.isWritable();
  }

  /** Whether to read from the node: not while the client has enough to take. */
  public void setReading(boolean reading) {
    if (!closed) {
      context.channel().config().setAutoRead(reading);
    }
  }

  /** The client sends no more; the node will answer what it has and close. */
  public void endOfRequests() {
    if (!closed) {
      out.end();
    }
  }

  /** Closes without a word to the client. */
  public void close() {
    if (!closed) {
      closed = true;
      preface.forEach(ByteBuf::release);
      preface = List.of();
      if (context != null) {
        context.close();
      }
    }
  }

  void onConnectFailed(Throwable cause) {
    onClosed(new NodeFailure(node, cause.getMessage(), false));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    out = new Outbound(ctx, flushQueue);
    if (closed) {
      ctx.close();
      return;
    }
    meters.onConnected();
    preface.forEach(this::send);
    preface = List.of();
    if (repliesToKeep == 0) {
      client.onPinned();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    meters.bytesIn(in.readableBytes());
    if (closed) {
      in.release();
      return;
    }
    if (repliesToKeep > 0) {
      try {
        in.readerIndex(scanner.scan(in, in.readerIndex(), repliesToKeep));
      } catch (NotRedisException e) {
        in.release();
        onClosed(new NodeFailure(node, e.getMessage(), true));
        return;
      }
      repliesToKeep -= scanner.completed();
      if (repliesToKeep == 0) {
        client.onPinned();
      }
    }
    if (in.isReadable()) {
      client.onNodeBytes(in);
    } else {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    // Nobody behind this handler reads.
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      client.onNodeWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    onClosed(new NodeFailure(node, "connection lost", true));
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    onClosed(new NodeFailure(node, "connection lost: " + cause.getMessage(), true));
  }

  private void onClosed(NodeFailure failure) {
    if (!closed) {
      close();
      client.onNodeClosed(failure);
    }
  }
}
