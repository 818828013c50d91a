package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PinnedConnection;
import java.util.List;
import java.util.Set;

/**
 * A session with state at the node: from here on it has a connection of its own to the master, and
 * bytes go through both ways as they are, until either side closes.
 */
final class Pinned extends SessionState implements PinnedConnection.Client {
  private final Session session;
  private final Command cause;
  private final Target target;
  private final RequestDecoder counter;
  private final Pieces early;
  private PinnedConnection connection;
  private boolean ready;

  /** {@code cause}: the command that needs it. */
  Pinned(Session session, Command cause) {
    this.session = session;
    this.cause = cause;
    target = session.backend().forWrite();
    counter = session.newDecoder();
    early = session.newPieces();
  }

  @Override
  void onEntered() {
    session.gate().close(InputGate.Reason.WAITING);
    session.closeExclusive();
    List<ByteBuf> preface = session.identity().requests(session.allocator());
    if (cause == Command.WAIT || cause == Command.WAITAOF) {
      // They wait for the last write of their own connection; on a new one that would be none. A
      // message that nobody hears is replicated after all that the session wrote before.
      preface.add(Resp.request(session.allocator(), "PUBLISH", "redis-proxy:wait", ""));
    }
    connection = target.link().openPinned(this, preface);
  }

  @Override
  void onBytes(ByteBuf in) {
    if (!ready) {
      early.add(in, in.readerIndex(), in.writerIndex());
      in.release();
      return;
    }
    count(in);
    connection.send(in);
    if (!connection.isWritable()) {
      session.gate().close(InputGate.Reason.NODE_FULL);
    }
  }

  @Override
  public void onPinned() {
    ready = true;
    session.gate().open(InputGate.Reason.WAITING);
    session.resume(early);
  }

  @Override
  public void onNodeBytes(ByteBuf bytes) {
    session.onReply(bytes);
    if (!session.isWritable()) {
      connection.setReading(false);
    }
  }

  @Override
  public void onNodeWritable() {
    session.gate().open(InputGate.Reason.NODE_FULL);
  }

  /** Redis would disconnect the client, too, whose state is lost. */
  @Override
  public void onNodeClosed(NodeFailure failure) {
    if (!ready) {
      session.meters().onErrors(ErrorKind.NODE_UNREACHABLE, 1);
      session.onReply(Resp.error(failure.error(false)));
    }
    session.closeAfterFlush(CloseCause.NODE_LOST);
  }

  @Override
  void onClientWritable() {
    if (ready) {
      connection.setReading(true);
    }
  }

  @Override
  void onEndOfInput() {
    if (ready) {
      connection.endOfRequests();
    }
  }

  @Override
  void addFlags(Set<ClientFlag> flags) {
    switch (cause) {
      case SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE -> flags.add(ClientFlag.PUBSUB);
      case MONITOR -> flags.add(ClientFlag.MONITOR);
      default -> {}
    }
  }

  @Override
  void onClosed() {
    early.release();
    if (connection != null) {
      connection.close();
    }
  }

  /**
   * Requests are counted as long as they are such; the server will say what it thinks of others.
   */
  private void count(ByteBuf in) {
    int requests = 0;
    int position = in.readerIndex();
    while (position < in.writerIndex()) {
      RequestDecoder.Result result = counter.next(in, position);
      if (result == RequestDecoder.Result.ERROR) {
        break;
      }
      if (result == RequestDecoder.Result.REQUEST || result == RequestDecoder.Result.INLINE) {
        requests++;
      }
      position = counter.end();
    }
    target.meters().sentPinned(requests);
  }
}
