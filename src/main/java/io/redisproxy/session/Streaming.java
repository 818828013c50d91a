package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.topology.Topology;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PinnedConnection;

/**
 * Passes a large request on as it comes, through a connection of the session's own, so that it
 * never waits here as a whole and never blocks a connection that others share.
 */
final class Streaming extends SessionState implements PinnedConnection.Holder, Holds.Waiting {
  private final Session session;
  private Target target;
  private final WrittenSlots written;
  private final boolean read;
  private final Serving after;
  private final Pieces early;
  private PinnedConnection connection;
  private boolean borrowed;
  private Run run;
  private boolean inputEnded;
  private boolean closed;

  /**
   * Over a connection that is taken for this request alone.
   *
   * @param written what the request may change; null if nothing
   */
  Streaming(Session session, Target target, WrittenSlots written, boolean read, Serving after) {
    this.session = session;
    this.target = target;
    this.written = written;
    this.read = read;
    this.after = after;
    early = session.newPieces();
  }

  /** Over the session's own connection. */
  Streaming(Session session, Pin pin, WrittenSlots written, boolean read, Serving after) {
    this(session, pin.target(), written, read, after);
    connection = pin.connection();
  }

  @Override
  String word() {
    return "streaming";
  }

  @Override
  boolean isWaiting() {
    return connection == null;
  }

  @Override
  int waitingBytes() {
    return early.size();
  }

  @Override
  void onEntered() {
    if (connection != null) {
      begin();
    } else {
      session.gate().close(InputGate.Reason.WAITING);
      if (!tryToGoOn()) {
        session.recovery().holds().add(this, session.recovery().holdEnd());
      }
    }
  }

  /** A write waits for a master; what has not come from the client by then waits there. */
  @Override
  public boolean tryToGoOn() {
    if (!read) {
      // The master may have become another one while the session waited.
      target = session.lane().forWrite();
    }
    boolean waits = read ? target.isDoubtful() : !target.isAnswering();
    if (waits && session.recovery().mayHold()) {
      target.hurry();
      return false;
    }
    pin();
    return true;
  }

  @Override
  public void onTimeUp() {
    pin();
  }

  private void pin() {
    if (target.isDoubtful()) {
      target = session.lane().target(Topology.NONE);
    }
    target.pool().pin(session.lane().identity(), this);
  }

  @Override
  public Session session() {
    return session;
  }

  @Override
  public boolean isGone() {
    return closed;
  }

  @Override
  public int bytes() {
    return early.size() + session.partial().size();
  }

  @Override
  public void onPinned(PinnedConnection pinned) {
    connection = pinned;
    borrowed = true;
    session.gate().open(InputGate.Reason.WAITING);
    begin();
    session.resume(early);
  }

  private void begin() {
    session.delays().goOn();
    run =
        new EffectRun(
            session,
            target,
            System.nanoTime(),
            EffectRun.WhenTurnedAway.REFUSED,
            agreed -> giveBack());
    run.add(read);
    if (written != null) {
      run.writes(written);
    }
    if (session.muting().isOn()) {
      run.mute();
      session.muting().onRequestSent();
    }
    run.seal();
    session.replies().add(run);
    if (run.isAtMaster()) {
      after.sender().orderBehind(connection);
    }
    connection.expect(run);
    session.partial().drainTo(connection::send);
    goOn();
  }

  @Override
  void onBytes(ByteBuf in) {
    if (connection == null) {
      early.take(in);
      return;
    }
    session.delays().goOn();
    RequestDecoder decoder = session.decoder();
    int from = in.readerIndex();
    RequestDecoder.Result result = decoder.next(in, from);
    if (result == RequestDecoder.Result.ERROR) {
      in.release();
      // That the request has failed is told by the error alone, as by a server.
      run.mute();
      connection.abort();
      session.failProtocol(decoder.error());
    } else if (result == RequestDecoder.Result.REQUEST) {
      connection.send(in.readRetainedSlice(decoder.end() - from));
      awaitRoom();
      run.onWholeRequest();
      session.become(after);
      session.process(in);
    } else {
      connection.send(in);
      goOn();
    }
  }

  @Override
  boolean awaitsRest() {
    return true;
  }

  private void goOn() {
    session.delays().awaitClient();
    awaitRoom();
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
    if (run != null && run.isDone() && (!run.isFailed() || inputEnded)) {
      session.become(new Closing(session, CloseCause.PROTOCOL_ERROR));
    }
  }

  /** The request will never be whole; the server may have something to say to it. */
  @Override
  void onEndOfInput() {
    inputEnded = true;
    if (run == null) {
      return;
    }
    if (run.isDone()) {
      session.become(new Closing(session, CloseCause.CLIENT));
    } else {
      connection.endOfRequests();
    }
  }

  @Override
  void onClosed() {
    closed = true;
    early.release();
    if (connection == null) {
      target.pool().forget(this);
    } else if (borrowed && !run.isDone()) {
      connection.release(false);
    }
  }

  /** The reply has come; the request is whole, if the session is in another state by now. */
  private void giveBack() {
    if (borrowed) {
      connection.release(!session.isIn(this));
    }
  }

  @Override
  public void onPush(ByteBuf bytes) {
    session.onReply(bytes);
  }

  @Override
  public boolean takesMore(PinnedConnection from) {
    return session.output().takesMoreFrom(from);
  }

  @Override
  public void onLost(NodeFailure failure) {
    // The run is told.
  }
}
