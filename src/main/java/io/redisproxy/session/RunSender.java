package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.metrics.ReadReason;
import io.redisproxy.upstream.NodeChannel;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;

/**
 * Gathers a client's requests into runs and sends each in one piece. A run ends where the node
 * changes, and with the buffer.
 */
final class RunSender {

  /** What became of a request. */
  enum Result {
    ADDED,
    /** There is no connection to the node that should get it. */
    UNREACHABLE,
    /** It could overtake requests that are not answered yet. */
    OUT_OF_ORDER,
    /** No replica is fit for it, and the master takes no more of such reads. */
    OVER_BUDGET
  }

  private final Session session;

  /** What came of the run's first request in earlier buffers. */
  private final Pieces partial;

  /** The connection that the last requests to the master went over. */
  private NodeChannel masterConnection;

  // The run that is being gathered; it begins at runStart in the buffer at hand.
  private Run run;
  private NodeChannel runConnection;
  private int runStart;

  private NodeFailure failure;

  /** How many requests are not looked at before one is. */
  private int untilSample = HotKeys.nextGap();

  RunSender(Session session) {
    this.session = session;
    partial = session.partial();
  }

  boolean isGathering() {
    return run != null;
  }

  /** Whether writes are in the run that is not sent yet. */
  boolean isGatheringWrites() {
    return run != null && run.written() != null;
  }

  /** Sends reads that were gathered for another node than the master. */
  void endReads(ByteBuf in, int from) {
    if (run != null && !run.isAtMaster()) {
      endBefore(in, from);
    }
  }

  /** Why the last request was {@link Result#UNREACHABLE}. */
  NodeFailure failure() {
    return failure;
  }

  /** The node for a read that needs a round; see {@link KeySlots#neededBy}. */
  Target targetForRead(long needed) {
    return session.lane().forRead(session.client().id(), needed, session.replies().awaitsWrites());
  }

  /** A read that begins at {@code from} goes over a shared connection, with others if it can. */
  Result addRead(long needed, ByteBuf in, int from) {
    Target other = run == null ? targetForRead(needed) : otherThanOfRun(needed);
    if (run != null && other != null) {
      endBefore(in, from);
    }
    if (run == null) {
      Result result = beginAt(other, session.lane().reason(), from);
      if (result != Result.ADDED) {
        return result;
      }
    } else if (isOverBudget(run.reason())) {
      return Result.OVER_BUDGET;
    }
    sample(in, from);
    run.add(true);
    run.needs(needed);
    return Result.ADDED;
  }

  /** Whether a read may join those that are gathered for a replica. */
  boolean joinsReads(long needed) {
    return needed <= run.needed() || session.lane().hasReached(run.target().node(), needed);
  }

  /** How many requests nobody will look at, from the next one on. */
  int unseen() {
    return untilSample - 1;
  }

  /** So many more requests join that are like the last one; no more than are {@link #unseen}. */
  void addAlike(boolean read, int added) {
    untilSample -= added;
    run.addAlike(read, added);
  }

  /** Where a read goes that does not join the reads before it; null if it does. */
  private Target otherThanOfRun(long needed) {
    if (!run.isAtMaster()) {
      return joinsReads(needed) ? null : targetForRead(needed);
    }
    if (run.hasWrites() || run.reason() != ReadReason.RECENT_WRITE) {
      return null;
    }
    // What was written just now is read from there, which is no reason for others to be.
    Target other = targetForRead(needed);
    return other.isMaster() ? null : other;
  }

  private boolean isOverBudget(ReadReason reason) {
    Recovery recovery = session.recovery();
    return reason == ReadReason.HEALTH
        && recovery.isMasterLimited()
        && session.lane().hasReplicas()
        && !recovery.takeFromMaster(1);
  }

  /** A request for the master that begins at {@code from} goes over a shared connection. */
  Result addAtMaster(ByteBuf in, int from) {
    endReads(in, from);
    Result result =
        run == null ? beginAt(session.lane().forWrite(), ReadReason.JOINED, from) : Result.ADDED;
    if (result == Result.ADDED) {
      sample(in, from);
      run.add(false);
    }
    return result;
  }

  /** The run that the last request was added to. */
  Run run() {
    return run;
  }

  /** {@code reason}: why its reads go there. */
  private Result beginAt(Target target, ReadReason reason, int from) {
    // It goes there as to the master, which may be another one by now.
    boolean atMaster = reason != ReadReason.REPLICA;
    NodeChannel connection = target.connection();
    if (atMaster && !isInOrder(connection)) {
      return Result.OUT_OF_ORDER;
    }
    if (connection == null) {
      failure = target.failure();
      return Result.UNREACHABLE;
    }
    if (isOverBudget(reason)) {
      return Result.OVER_BUDGET;
    }
    Run begun = new Run(session, target, System.nanoTime());
    begun.atMaster(atMaster);
    begun.reason(reason);
    begin(begun, connection, from);
    return Result.ADDED;
  }

  /** The request that begins at {@code from} goes over the session's own connection. */
  boolean addPinned(boolean read, Pin pin, ByteBuf in, int from) {
    if (run == null) {
      Run begun = new Run(session, pin.target(), System.nanoTime());
      begun.key(keyAt(in, from));
      begin(begun, pin.connection(), from);
    }
    sample(in, from);
    run.add(read);
    return true;
  }

  /** A request goes as a run of its own. */
  boolean sendAlone(
      Run alone, boolean read, NodeChannel connection, ByteBuf in, int from, int end) {
    endBefore(in, from);
    alone.key(keyAt(in, from));
    begin(alone, connection, from);
    alone.add(read);
    endBefore(in, end);
    return true;
  }

  /** A request that is not a piece of the client's bytes goes as a run of its own; taken over. */
  void send(Run alone, boolean read, NodeChannel connection, ByteBuf request) {
    alone.key(
        FirstKey.ofWhole(session, session.client().command(), request, request.readerIndex()));
    begin(alone, connection, 0);
    alone.add(read);
    end(request);
  }

  /** The same in place of the request that begins at {@code from}. */
  void sendInstead(
      Run alone, boolean read, NodeChannel connection, ByteBuf request, ByteBuf in, int from) {
    endBefore(in, from);
    partial.release();
    send(alone, read, connection, request);
  }

  /**
   * A request that changes what the session's own connection is in goes over that, or in its place
   * what means the same there, which is taken over; null if nothing does.
   */
  boolean sendChange(Run change, Pin pin, ByteBuf instead, ByteBuf in, int from, int end) {
    if (instead == null) {
      return sendAlone(change, false, pin.connection(), in, from, end);
    }
    sendInstead(change, false, pin.connection(), instead, in, from);
    return true;
  }

  /** Sends the run up to {@code end}, if there is one. */
  void endBefore(ByteBuf in, int end) {
    if (run != null) {
      end(in.retainedSlice(runStart, end - runStart));
    }
  }

  /** The buffer ends, and with it the run; it is taken over. */
  void endOfBuffer(ByteBuf in) {
    if (run != null && runStart == in.readerIndex()) {
      end(in);
    } else {
      endBefore(in, in.writerIndex());
      in.release();
    }
  }

  /** Requests go to the master over this connection, and must not be overtaken. */
  void orderBehind(NodeChannel connection) {
    masterConnection = connection;
  }

  /**
   * Two connections could overtake each other, to the master or to two that were it in turn: before
   * its requests go over another one than before, the session waits for the replies that it still
   * has to get.
   */
  private boolean isInOrder(NodeChannel connection) {
    return !session.replies().awaitsMaster() || connection == masterConnection;
  }

  /** One request in many is looked at: which key it names. */
  private void sample(ByteBuf in, int from) {
    if (--untilSample == 0) {
      untilSample = HotKeys.nextGap();
      session.insight().hotKeys().add(keyAt(in, from));
    }
  }

  private FirstKey keyAt(ByteBuf in, int from) {
    return FirstKey.ofDecoded(session, session.client().command(), in, from);
  }

  private void begin(Run begun, NodeChannel connection, int from) {
    if (begun.isAtMaster()) {
      masterConnection = connection;
    }
    run = begun;
    runConnection = connection;
    runStart = from;
  }

  private void end(ByteBuf bytes) {
    Run sent = run;
    run = null;
    if (session.muting().isOn()) {
      sent.mute();
    }
    sent.seal();
    session.replies().add(sent);
    if (runConnection instanceof NodeConnection) {
      sent.keepRequests(partial, bytes);
    }
    runConnection.expect(sent);
    if (!partial.isEmpty()) {
      partial.drainTo(runConnection::send);
    }
    runConnection.send(bytes);
    Hedges hedges = session.recovery().hedges();
    if (hedges != null && sent.isHedgeable()) {
      hedges.onSent(sent);
    }
    if (!runConnection.isWritable()) {
      session.waitForRoom(runConnection);
    }
  }
}
