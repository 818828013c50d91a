package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.Resp;

/**
 * Requests about the client's own connection, which is one to the proxy: what {@link OwnCommands}
 * finds to be done with them is done here.
 */
final class OwnRequests {
  private final Session session;
  private final RunSender sender;
  private final SharedRequests shared;
  private final WithheldRequests withheld;

  /** Whether the client may have the next request, until that has come again; else null. */
  private Authorizing.Verdict verdict;

  OwnRequests(Session session, RunSender sender, SharedRequests shared, WithheldRequests withheld) {
    this.session = session;
    this.sender = sender;
    this.shared = shared;
    this.withheld = withheld;
  }

  boolean onRequest(Command command, ByteBuf in, int from, int end) {
    if (Authorizing.isNeeded(command)) {
      Authorizing.Verdict known = verdict;
      verdict = null;
      if (known == null || known.command() != command) {
        return withheld.leaveAnswered(
            new Authorizing(session, command, told -> verdict = told), in, from);
      }
      if (known.refusal() != null) {
        return withheld.reply(Resp.error(known.refusal()), in, from, end);
      }
    }
    // The answer may tell of what came before: that has been sent then.
    sender.endBefore(in, from);
    OwnCommands.Answer answer =
        session.ownCommands().answer(command, Requests.arguments(session, in, from, end));
    if (answer.isTheProxys()) {
      session.insight().commands().answeredByProxy(command.ordinal());
    }
    Pin pin = session.serving().pin();
    return switch (answer.action()) {
      case FORWARD ->
          pin == null ? shared.addHarmless(in, from) : sender.addPinned(false, pin, in, from);
      case PIN -> withheld.pin(command, in, from, end);
      case FORWARD_INSTEAD -> forward(answer.reply(), in, from);
      case REPLY -> withheld.reply(answer.reply(), in, from, end);
      case CHANGE ->
          pin == null || answer.change().isReset()
              ? change(answer.change(), in, from, end)
              : changePinned(pin, answer.change(), in, from, end);
      case REPLY_AND_CLOSE -> {
        sender.endBefore(in, from);
        session.reply(answer.reply());
        CloseCause cause = command == Command.QUIT ? CloseCause.QUIT : CloseCause.KILLED;
        yield withheld.leave(new Closing(session, cause), in, end);
      }
    };
  }

  private boolean forward(ByteBuf request, ByteBuf in, int from) {
    if (withheld.awaitsMaster()) {
      request.release();
      return withheld.holdForMaster(in, from);
    }
    sender.endBefore(in, from);
    session.partial().release();
    Target target = session.lane().forWrite();
    if (target.connection() == null) {
      request.release();
      return withheld.refuse(target.failure());
    }
    Run run = new Run(session, target, System.nanoTime());
    sender.send(run, false, target.connection(), request);
    return true;
  }

  /** The session takes another identity. */
  private boolean change(IdentityChange change, ByteBuf in, int from, int end) {
    if (change.isKnown()) {
      sender.endBefore(in, from);
      session.partial().release();
      change.apply();
      return true;
    }
    if (withheld.awaitsMaster() && !change.isReset()) {
      return withheld.holdForMaster(in, from);
    }
    sender.endBefore(in, from);
    session.partial().release();
    return withheld.leaveAnswered(change, in, end);
  }

  /** So does the connection of its own, if that has to be kept. */
  private boolean changePinned(Pin pin, IdentityChange change, ByteBuf in, int from, int end) {
    if (pin.isInTransaction()) {
      return withheld.relay(in, from);
    }
    if (!pin.isHeld()) {
      return withheld.awaitReplies(in, from);
    }
    if (change.checksLogin() && !session.replies().isEmpty()) {
      // A server may leave out its reply to a wrong password while another one waits to be sent.
      return withheld.awaitReplies(in, from);
    }
    Run run = new PinnedChangeRun(session, pin, change);
    sender.sendChange(run, pin, change.requestInstead(), in, from, end);
    session.muting().onRequestSent();
    // What follows may be answered here, in the protocol that is agreed on or not.
    return withheld.awaitReplies(in, end);
  }
}
