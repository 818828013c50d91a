package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.NodeFailure;
import java.util.function.Supplier;

/**
 * Requests that no node gets, or not yet: they wait, with all behind them, for another state of the
 * session, or the proxy answers them itself. What came before them is sent first. All methods tell
 * whether the session stays in the state that it is in.
 */
final class WithheldRequests {
  private final Session session;
  private final RunSender sender;
  private boolean holdsNothing;

  /** What came of waiting, until the request that was waited for has come again; else null. */
  private CatchingUp.Outcome caughtUp;

  /** When requests have last waited for registrations. */
  private long awaitedAt = System.nanoTime();

  WithheldRequests(Session session, RunSender sender) {
    this.session = session;
    this.sender = sender;
  }

  /** Hands the request that begins at {@code from}, and all behind it, on to the next state. */
  boolean leave(SessionState next, ByteBuf in, int from) {
    sender.endBefore(in, from);
    session.become(next);
    session.partial().drainTo(session::process);
    in.readerIndex(from);
    session.process(in);
    return false;
  }

  /** The same, but that all before the request is answered first. */
  boolean leaveAnswered(SessionState next, ByteBuf in, int from) {
    sender.endBefore(in, from);
    return leave(Draining.before(next, session), in, from);
  }

  /** The request comes again when all before it is answered. */
  boolean awaitReplies(ByteBuf in, int from) {
    return leaveAnswered(session.serving(), in, from);
  }

  /** The same, and when the replica has what was acknowledged by now, or can't be waited for. */
  boolean catchUp(Target replica, ByteBuf in, int from) {
    return leaveAnswered(new CatchingUp(session, outcome -> caughtUp = outcome, replica), in, from);
  }

  /** What came of it if the request that comes is one that has been waited for so; else null. */
  CatchingUp.Outcome takeCaughtUp() {
    CatchingUp.Outcome outcome = caughtUp;
    caughtUp = null;
    return outcome;
  }

  /** Whether the request has to wait for what others have asked to be told of before it. */
  boolean awaitsRegistrations(Command command) {
    Registrations.Kind kind = Registrations.before(command);
    if (kind == null || holdsNothing) {
      return false;
    }
    // What had been read by then has waited with the first of it.
    boolean waited = session.client().readAt() - awaitedAt < 0;
    Registrations all = session.registrations();
    return !waited && !all.haveEnded(kind, all.begun(kind));
  }

  /** The request comes again when that is in effect, or can't be waited for. */
  boolean awaitRegistrations(Command command, ByteBuf in, int from) {
    Registrations.Kind kind = Registrations.before(command);
    Runnable onOver = () -> awaitedAt = System.nanoTime();
    return leave(new AwaitingRegistrations(session, kind, onOver), in, from);
  }

  /** From now on requests that no node can take fail at once, or not any more. */
  void holdNothing(boolean on) {
    holdsNothing = on;
  }

  boolean mayHold() {
    return session.recovery().mayHold() && !holdsNothing;
  }

  /** Whether a request for the master has to wait until that can be reached. */
  boolean awaitsMaster() {
    return session.lane().forWrite().connection() == null && mayHold();
  }

  /** The request comes again when the node that it would go to by then can be reached. */
  boolean hold(Supplier<Target> node, ByteBuf in, int from) {
    return leave(new Holding(session, node), in, from);
  }

  boolean holdForMaster(ByteBuf in, int from) {
    return hold(session.lane()::forWrite, in, from);
  }

  /** The request comes again when the session has a connection of its own, or can't get one. */
  boolean pin(Command command, ByteBuf in, int from, int end) {
    // Whoever is there may be told to end a script.
    boolean waits =
        Pin.isForBusyNode(command)
            ? session.lane().forWrite().link().connection() == null && mayHold()
            : mustNotPin();
    if (!waits) {
      return leaveAnswered(new Pinning(session, session.serving(), command), in, from);
    }
    boolean stays = holdOrRefuse(in, from);
    // What the client has sent behind it must not run without.
    return stays && Transaction.isBegunBy(command)
        ? leave(new Closing(session, CloseCause.NODE_LOST), in, end)
        : stays;
  }

  /** From here on the session and its node are left to themselves. */
  boolean relay(ByteBuf in, int from) {
    return !session.isPinned() && mustNotPin()
        ? holdOrRefuse(in, from)
        : leaveAnswered(new Relaying(session, session.serving()), in, from);
  }

  /** Whether the session must not get a connection of its own to the master now. */
  private boolean mustNotPin() {
    return awaitsMaster() || session.lane().forWrite().isDoubtful();
  }

  private boolean holdOrRefuse(ByteBuf in, int from) {
    if (mayHold()) {
      return holdForMaster(in, from);
    }
    sender.endBefore(in, from);
    return refuse(session.lane().forWrite().failure());
  }

  /** No node can take the request; what came before it is sent. */
  boolean refuse(NodeFailure failure) {
    session.partial().release();
    session.replyUnreachable(failure);
    return true;
  }

  /** The listener doesn't let clients use the command. */
  boolean deny(Command command, ByteBuf in, int from, int end) {
    session.onDenied();
    return reply(Resp.error(session.rules().denial(command)), in, from, end);
  }

  /** The proxy's own reply to the request, which is taken over. */
  boolean reply(ByteBuf reply, ByteBuf in, int from, int end) {
    sender.endBefore(in, from);
    session.partial().release();
    session.reply(reply);
    // A few bytes ask for a list of all clients, so that what has been read already counts.
    return !session.output().isOverfull() || awaitReplies(in, end);
  }
}
