package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.metrics.ErrorKind;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PinnedConnection;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * A session that does what can't be told in requests and replies, such as MONITOR and replication,
 * or what the proxy can't undo: bytes go both ways as they are, until either side closes.
 */
final class Relaying extends SessionState implements PinnedConnection.Holder {
  private static final String QUIT_REPLY = "+OK\r\n";

  private final Session session;
  private final Serving before;
  private final RelayGuard guard;
  private final Pieces early;
  private Target target;
  private PinnedConnection connection;

  /** Inside a transaction the node would queue what it is told. */
  private boolean canTellMuting = true;

  /** Leaves out the replies that the client doesn't want as long as the node can't; else null. */
  private RelayMuting muting;

  /** What follows when the node has answered what it got and closed; null while it gets more. */
  private Runnable atEnd;

  /** The last bytes that came, which may be the reply to QUIT; null before that. */
  private ByteBuf last;

  Relaying(Session session, Serving before) {
    this.session = session;
    this.before = before;
    guard = new RelayGuard(session, session.newDecoder());
    early = session.newPieces();
  }

  @Override
  String word() {
    return "relaying";
  }

  @Override
  void addFlags(Set<ClientFlag> flags) {
    if (guard.monitors()) {
      flags.add(ClientFlag.MONITOR);
    }
  }

  @Override
  long idAtNode() {
    PinnedConnection own = connection;
    return own == null ? -1 : own.id();
  }

  @Override
  int waitingBytes() {
    return early.size() + guard.waitingBytes();
  }

  /** The node may keep the last command for ever, and what waits is for nobody till then. */
  @Override
  boolean isBlocked() {
    return atEnd != null;
  }

  @Override
  void onEntered() {
    Pin pin = before.pin();
    if (pin == null && session.lane().forWrite().isDoubtful()) {
      // Lost while the session waited for the replies before, as below.
      session.become(before);
      return;
    }
    session.gate().close(InputGate.Reason.WAITING);
    if (pin != null && pin.connection().isClosed()) {
      // Lost while the session waited for the replies before.
      session.become(new Closing(session, CloseCause.NODE_LOST));
    } else if (pin != null) {
      target = pin.target();
      canTellMuting = !pin.isInTransaction();
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
    String mode = session.muting().atNode();
    if (mode != null && canTellMuting) {
      tellMuting(mode);
    } else if (mode != null) {
      muting = new RelayMuting();
      guard.mute(muting);
    }
    session.gate().open(InputGate.Reason.WAITING);
    session.resume(early);
  }

  @Override
  void onBytes(ByteBuf in) {
    if (connection == null || atEnd != null) {
      early.take(in);
      return;
    }
    pass(in);
    if (guard.isMuted() && !muting.isInTransaction()) {
      guard.unmute();
      if (!muting.wantsReplies()) {
        tellMuting(session.muting().atNode());
      }
      pass(in);
    }
    if (guard.isReset()) {
      endWith(this::reset);
      early.take(in);
      return;
    }
    if (guard.refusal() != null) {
      endWith(this::refuse);
    } else if (!connection.isWritable()) {
      session.waitForRoom(connection);
    }
    in.release();
  }

  private void pass(ByteBuf in) {
    guard.pass(in, connection::send);
    target.meters().as(true).sentPinned(guard.requests());
  }

  private void tellMuting(String mode) {
    connection.send(Resp.request(session.allocator(), "CLIENT", "REPLY", mode));
  }

  /**
   * The node gets no more: it answers what it has, and closes. It would not answer a command that
   * waits, nor send what the client has not taken yet, to one that has closed its side.
   */
  private void endWith(Runnable next) {
    atEnd = next;
    session.gate().close(InputGate.Reason.WAITING);
    if (guard.isAnswered() && session.muting().atNode() == null) {
      last = Unpooled.EMPTY_BUFFER;
      connection.send(Resp.request(session.allocator(), "QUIT"));
    } else {
      connection.endOfRequests();
    }
  }

  /** Passes on what can't be the reply to QUIT. */
  private void passUpToLast(ByteBuf bytes) {
    ByteBuf all = Unpooled.wrappedBuffer(last, bytes);
    last = Unpooled.EMPTY_BUFFER;
    int kept = Math.min(all.readableBytes(), QUIT_REPLY.length());
    if (all.readableBytes() > kept) {
      session.onReply(all.readRetainedSlice(all.readableBytes() - kept));
    }
    last = all.readBytes(kept);
    all.release();
  }

  private void passLast() {
    if (last != null && !last.toString(StandardCharsets.US_ASCII).equals(QUIT_REPLY)) {
      session.onReply(last);
    } else if (last != null) {
      last.release();
    }
    last = null;
  }

  /** What the node would do for itself alone: the login of the listener would be gone. */
  private void reset() {
    guard.release();
    session.gate().open(InputGate.Reason.WAITING);
    session.enter(session.backend().newcomer());
    session.reset();
    session.reply(Resp.simple("RESET"));
    session.toServing();
    session.resume(early);
  }

  private void refuse() {
    session.onReply(Resp.error(guard.refusal()));
    session.closeAfterFlush(CloseCause.PROTOCOL_ERROR);
  }

  @Override
  public void onPush(ByteBuf bytes) {
    markWrites();
    if (last != null) {
      passUpToLast(bytes);
      return;
    }
    if (muting == null) {
      session.onReply(bytes);
      return;
    }
    Pieces wanted = session.newPieces();
    muting.read(bytes, wanted);
    wanted.drainTo(session::onReply);
    if (muting.isOver()) {
      muting = null;
    }
  }

  @Override
  public boolean takesMore(PinnedConnection from) {
    return session.output().takesMoreFrom(from);
  }

  /** Redis would disconnect the client, too, whose state is lost. */
  @Override
  public void onLost(NodeFailure failure) {
    markLostWrites();
    if (atEnd != null) {
      passLast();
      atEnd.run();
      return;
    }
    if (!failure.sent()) {
      session.meters().onErrors(ErrorKind.NODE_UNREACHABLE, 1);
      session.onReply(Resp.error(failure.error(false)));
    }
    session.closeAfterFlush(CloseCause.NODE_LOST);
  }

  @Override
  void onEndOfInput() {
    if (connection != null && (atEnd == null || last != null)) {
      connection.endOfRequests();
    }
  }

  @Override
  void onClosed() {
    early.release();
    guard.release();
    if (last != null) {
      last.release();
      last = null;
    }
    markLostWrites();
    if (connection != null) {
      connection.release(false);
    } else if (target != null) {
      target.pool().forget(this);
    }
  }

  /**
   * What the requests may have written is not known, nor which of them is answered: replies are not
   * counted here, and what was sent long ago may have waited for others.
   */
  private void markWrites() {
    if (guard.wrote() && session.keys() != null) {
      session.keys().markAll();
    }
  }

  private void markLostWrites() {
    if (guard.wrote() && session.keys() != null) {
      session.keys().markAllLost();
    }
  }
}
