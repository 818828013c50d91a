package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PinnedConnection;

/**
 * A session that does what can't be told in requests and replies, such as MONITOR and replication,
 * or what the proxy can't undo: bytes go both ways as they are, until either side closes.
 */
final class Relaying extends SessionState implements PinnedConnection.Holder {
  private final Session session;
  private final Serving before;
  private final RequestDecoder counter;
  private final Pieces early;
  private Target target;
  private PinnedConnection connection;
  private boolean unanswered;

  Relaying(Session session, Serving before) {
    this.session = session;
    this.before = before;
    counter = session.newDecoder();
    early = session.newPieces();
  }

  @Override
  void onEntered() {
    session.gate().close(InputGate.Reason.WAITING);
    Pin pin = before.pin();
    if (pin != null) {
      target = pin.target();
      before.pin(null);
      pin.connection().handOver(this);
      onPinned(pin.connection());
    } else {
      target = session.lane().forWrite();
      target.pool().pin(session.lane().identity(), this);
    }
  }

  @Override
  public void onPinned(PinnedConnection pinned) {
    connection = pinned;
    connection.relay();
    session.gate().open(InputGate.Reason.WAITING);
    session.resume(early);
  }

  @Override
  void onBytes(ByteBuf in) {
    if (connection == null) {
      early.add(in, in.readerIndex(), in.writerIndex());
      in.release();
      return;
    }
    count(in);
    connection.send(in);
    if (!connection.isWritable()) {
      session.waitForRoom(connection);
    }
  }

  @Override
  public void onPush(ByteBuf bytes) {
    markWrites();
    session.onReply(bytes);
  }

  @Override
  public boolean takesMore(PinnedConnection from) {
    return session.takesMoreFrom(from);
  }

  /** Redis would disconnect the client, too, whose state is lost. */
  @Override
  public void onLost(NodeFailure failure) {
    markWrites();
    if (!failure.sent()) {
      session.meters().onErrors(ErrorKind.NODE_UNREACHABLE, 1);
      session.onReply(Resp.error(failure.error(false)));
    }
    session.closeAfterFlush(CloseCause.NODE_LOST);
  }

  @Override
  void onEndOfInput() {
    if (connection != null) {
      connection.endOfRequests();
    }
  }

  @Override
  void onClosed() {
    early.release();
    if (connection != null) {
      connection.release(false);
    } else if (target != null) {
      target.pool().forget(this);
    }
  }

  /** What the requests may have written is not known. */
  private void markWrites() {
    if (unanswered && session.keys() != null) {
      session.keys().markAll();
      unanswered = false;
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
    unanswered |= requests > 0;
    target.meters().sentPinned(requests);
  }
}
