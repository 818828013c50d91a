package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import java.util.EnumSet;
import java.util.Set;

/**
 * Whether the node tells a session, over its own connection, which keys change, or tells another
 * client. Clients are known to the node by other numbers than to one another.
 */
final class Tracking {
  private static final EnumSet<Command> TELL_REDIRECT =
      EnumSet.of(Command.CLIENT_GETREDIR, Command.CLIENT_TRACKINGINFO);

  private final Session session;
  private final Target target;
  private final BrokenRedirect broken = new BrokenRedirect();
  private boolean on;

  /** Whether it is of all keys, or those with a prefix, whoever reads them. */
  private boolean broadcast;

  /** The client that is told instead; 0 if none is. */
  private long redirect;

  Tracking(Session session, Target target) {
    this.session = session;
    this.target = target;
  }

  boolean isOn() {
    return on;
  }

  /** What CLIENT LIST tells of it. */
  void addFlags(Set<ClientFlag> flags) {
    if (on) {
      flags.add(ClientFlag.TRACKING);
    }
    if (on && broadcast) {
      flags.add(ClientFlag.BROADCAST);
    }
  }

  /** See {@link ConnectedClient#redirect}. */
  long redirect() {
    return on ? redirect : -1;
  }

  /** The client that shall get what the node has to tell this one; null if there is none. */
  ConnectedClient receiver(Command command, RequestArguments arguments) {
    int id = redirectIn(command, arguments);
    return id == 0 ? null : session.clients().find(arguments.id(id));
  }

  /** Where in the request a client's number is; 0 if nowhere. */
  private static int redirectIn(Command command, RequestArguments arguments) {
    int id = command == Command.CLIENT_TRACKING ? arguments.indexOf("REDIRECT") + 1 : 0;
    return id < arguments.count() && id > 0 && arguments.id(id) >= 0 ? id : 0;
  }

  /** The request to send in place of the client's, or null if that is right as it is. */
  ByteBuf requestInstead(Command command, RequestArguments arguments) {
    int id = redirectIn(command, arguments);
    if (id == 0) {
      return null;
    }
    long atNode = session.clients().idAtNode(arguments.id(id));
    return Resp.request(
        session.allocator(), arguments.with(id, Long.toString(Math.max(0, atNode))));
  }

  /** The run for CLIENT TRACKING. What it changes counts from now on; a refusal takes it back. */
  Run runFor(RequestArguments arguments) {
    boolean before = on;
    boolean broadcastBefore = broadcast;
    long redirectBefore = redirect;
    boolean switchesOn = arguments.count() > 2 && arguments.is(2, "ON");
    int id = arguments.indexOf("REDIRECT") + 1;
    on |= switchesOn;
    broadcast = switchesOn && arguments.indexOf("BCAST") > 0;
    redirect = switchesOn && id > 0 && id < arguments.count() ? arguments.id(id) : 0;
    return new EffectRun(
        session,
        target,
        System.nanoTime(),
        EffectRun.WhenTurnedAway.REFUSED,
        agreed -> {
          on = agreed ? switchesOn : before;
          broadcast = agreed ? broadcast : broadcastBefore;
          redirect = agreed ? redirect : redirectBefore;
        });
  }

  /** The run for a question whose answer has a client's number in it, or null for any other. */
  Run runForQuestion(Command command) {
    return redirect > 0 && TELL_REDIRECT.contains(command)
        ? new RedirectRun(session, target, redirect)
        : null;
  }

  /** What the client gets now of a push, see {@link BrokenRedirect#renumbered}. */
  ByteBuf renumbered(ByteBuf bytes, boolean ends) {
    return broken.renumbered(bytes, ends, redirect);
  }

  /** The connection is lost, or never was. */
  void onLost() {
    on = false;
  }
}
