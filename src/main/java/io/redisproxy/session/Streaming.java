package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.upstream.NodeConnection;

/**
 * Passes a large request on as it comes, through a connection of the session's own, so that it
 * never waits here as a whole and never blocks a connection that others share.
 */
final class Streaming extends SessionState {
  private final Session session;
  private final Target target;
  private final boolean read;
  private final Sharing after;
  private NodeConnection connection;
  private Run run;
  private boolean inputEnded;

  Streaming(Session session, Target target, boolean read, Sharing after) {
    this.session = session;
    this.target = target;
    this.read = read;
    this.after = after;
  }

  @Override
  void onEntered() {
    connection = after.exclusiveTo(target);
    run = new Run(session, target, System.nanoTime());
    run.add(read);
    run.seal();
    session.replies().add(run);
    connection.expect(run);
    session.partial().drainTo(connection::send);
    awaitRoom();
  }

  @Override
  void onBytes(ByteBuf in) {
    RequestDecoder decoder = session.decoder();
    int from = in.readerIndex();
    RequestDecoder.Result result = decoder.next(in, from);
    if (result == RequestDecoder.Result.ERROR) {
      in.release();
      connection.abort();
      session.failProtocol(decoder.error());
    } else if (result == RequestDecoder.Result.REQUEST) {
      connection.send(in.readRetainedSlice(decoder.end() - from));
      awaitRoom();
      session.become(after);
      session.process(in);
    } else {
      connection.send(in);
      awaitRoom();
    }
  }

  private void awaitRoom() {
    if (!connection.isWritable()) {
      session.waitForRoom(connection);
    }
  }

  /**
   * The server answers before it has the whole request only if it refuses the protocol, and then
   * closes the connection, as we do. When the node was lost, the rest of the request goes nowhere.
   */
  @Override
  void onAllReplied() {
    if (!run.isFailed() || inputEnded) {
      session.become(new Closing(session, CloseCause.PROTOCOL_ERROR));
    }
  }

  /** The request will never be whole; the server may have something to say to it. */
  @Override
  void onEndOfInput() {
    inputEnded = true;
    if (run.isDone()) {
      session.become(new Closing(session, CloseCause.CLIENT));
    } else {
      connection.endOfRequests();
    }
  }
}
