package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import io.redisproxy.upstream.Identity;
import io.redisproxy.upstream.Login;
import java.util.EnumSet;
import java.util.List;

/**
 * The commands that set or tell the state of the client's connection, which is a connection to the
 * proxy: it answers them itself.
 */
final class OwnCommands {

  /** What is to be done with such a command. */
  enum Action {
    /** Give the reply. */
    REPLY,
    /** Give the reply, then close. */
    REPLY_AND_CLOSE,
    /** Send it to the master as it is; it does no harm to a shared connection. */
    FORWARD,
    /** Send this to the master in its place. */
    FORWARD_INSTEAD,
    /** The session needs a connection of its own. */
    PIN,
    /** The session wants to be of another identity. */
    CHANGE
  }

  /** An action, with the reply, the request or the change that belongs to it. */
  record Answer(Action action, ByteBuf reply, IdentityChange change) {
    static final Answer FORWARD = new Answer(Action.FORWARD, null, null);
    static final Answer PIN = new Answer(Action.PIN, null, null);

    /** Whether no node gets the request. */
    boolean isTheProxys() {
      return action == Action.REPLY || action == Action.REPLY_AND_CLOSE || action == Action.CHANGE;
    }

    static Answer reply(ByteBuf reply) {
      return new Answer(Action.REPLY, reply, null);
    }

    static Answer error(String text) {
      return reply(Resp.error(text));
    }
  }

  private static final EnumSet<Command> OPENS_OR_ENDS =
      EnumSet.of(Command.AUTH, Command.HELLO, Command.QUIT, Command.RESET);

  private static final String WRONG_PASSWORD =
      "WRONGPASS invalid username-password pair or user is disabled.";

  private final Session session;
  private final ProxyCommands proxyCommands;

  OwnCommands(Session session) {
    this.session = session;
    proxyCommands = new ProxyCommands(session);
  }

  /** Whether a client may send this before it is let in. */
  static boolean opensOrEnds(Command command) {
    return OPENS_OR_ENDS.contains(command);
  }

  Answer answer(Command command, RequestArguments arguments) {
    if (ClientCommands.has(command)) {
      return ClientCommands.answer(
          command, arguments.words(), session.client(), session.clients(), session.allocator());
    }
    if (ProxyCommands.has(command)) {
      return Answer.reply(proxyCommands.answer(command, arguments));
    }
    int count = arguments.count();
    return switch (command) {
      case QUIT -> new Answer(Action.REPLY_AND_CLOSE, Resp.simple("OK"), null);
      // Redis itself says what is wrong with other numbers of arguments.
      case RESET ->
          count == 1
              ? change(IdentityChange.Kind.RESET, session.backend().newcomer())
              : Answer.FORWARD;
      case SELECT -> count == 2 ? select(arguments.number(1)) : Answer.FORWARD;
      case AUTH -> auth(arguments);
      case HELLO -> hello(arguments);
      case CLIENT_REPLY -> count == 3 ? setReply(arguments) : Answer.FORWARD;
      case CLIENT_UNBLOCK -> count == 3 || count == 4 ? unblock(arguments) : Answer.FORWARD;
      case CLIENT_CAPA -> count > 2 ? claimNothing(arguments) : Answer.FORWARD;
      case CLIENT_NO_TOUCH -> count == 3 ? noTouch(arguments) : Answer.FORWARD;
      default -> Answer.PIN;
    };
  }

  private Answer select(int database) {
    // Redis itself says what is wrong with what is no number.
    return database < 0
        ? Answer.FORWARD
        : change(IdentityChange.Kind.SELECT, own().withDatabase(database));
  }

  private Answer auth(RequestArguments arguments) {
    int count = arguments.count();
    if (count != 2 && count != 3) {
      return Answer.error(
          count == 1 ? "ERR wrong number of arguments for 'auth' command" : "ERR syntax error");
    }
    Login login = new Login(count == 3 ? arguments.text(1) : null, arguments.text(count - 1));
    if (session.proxyLogin().isDemanded()) {
      return session.proxyLogin().accepts(login) ? ok() : Answer.error(WRONG_PASSWORD);
    }
    return new Answer(
        Action.CHANGE,
        null,
        new IdentityChange(session, IdentityChange.Kind.AUTH, own().thenLogin(login), null, true));
  }

  /** HELLO [version [AUTH username password] [SETNAME name]]. */
  private Answer hello(RequestArguments arguments) {
    Identity identity = own();
    byte[] name = null;
    boolean checksLogin = false;
    if (arguments.count() > 1) {
      int version = arguments.number(1);
      if (version < 0) {
        return Answer.error("ERR Protocol version is not an integer or out of range");
      }
      if (version != 2 && version != 3) {
        return Answer.error("NOPROTO unsupported protocol version");
      }
      identity = identity.withProtocol(version);
    }
    for (int i = 2; i < arguments.count(); i++) {
      if (arguments.is(i, "AUTH") && i + 2 < arguments.count()) {
        Login login = new Login(arguments.text(i + 1), arguments.text(i + 2));
        i += 2;
        if (!session.proxyLogin().isDemanded()) {
          identity = identity.thenLogin(login);
          checksLogin = true;
        } else if (!session.proxyLogin().accepts(login)) {
          return Answer.error(WRONG_PASSWORD);
        }
      } else if (arguments.is(i, "SETNAME") && i + 1 < arguments.count()) {
        name = arguments.bytes(++i);
        if (!ClientCommands.isPrintable(name)) {
          return Answer.error(
              "ERR Client names cannot contain spaces, newlines or special characters.");
        }
      } else {
        return Answer.error("ERR Syntax error in HELLO option '" + arguments.text(i) + "'");
      }
    }
    if (session.proxyLogin().isAwaited()) {
      return Answer.error(
          "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO"
              + " <proto> AUTH <user> <pass> option can be used to authenticate the client and"
              + " select the RESP protocol version at the same time");
    }
    return new Answer(
        Action.CHANGE,
        null,
        new IdentityChange(session, IdentityChange.Kind.HELLO, identity, name, checksLogin));
  }

  private Identity own() {
    return session.lane().identity();
  }

  private Answer change(IdentityChange.Kind kind, Identity identity) {
    return new Answer(
        Action.CHANGE, null, new IdentityChange(session, kind, identity, null, false));
  }

  /** The replies that the client doesn't want are dropped on their way to it. */
  private Answer setReply(RequestArguments arguments) {
    if (arguments.is(2, "ON")) {
      session.muting().toOn();
      return ok();
    }
    if (arguments.is(2, "OFF")) {
      session.muting().toOff();
      return Answer.reply(Resp.nothing());
    }
    if (arguments.is(2, "SKIP")) {
      session.muting().skipNext();
      return Answer.reply(Resp.nothing());
    }
    return Answer.error("ERR syntax error");
  }

  /** The client has another number at the node where it waits. */
  private Answer unblock(RequestArguments arguments) {
    long id = arguments.id(2);
    boolean understood =
        arguments.count() == 3 || arguments.is(3, "TIMEOUT") || arguments.is(3, "ERROR");
    if (id < 0 || !understood) {
      // Redis itself says what is wrong.
      return Answer.FORWARD;
    }
    long atNode = session.clients().idAtNode(id);
    if (atNode < 0) {
      return Answer.reply(Resp.integer(0));
    }
    return new Answer(
        Action.FORWARD_INSTEAD,
        Resp.request(session.allocator(), arguments.with(2, Long.toString(atNode))),
        null);
  }

  /**
   * A client that can be redirected has no need of it here, and who shares the connection can't.
   * The node, to which unknown words mean nothing, says whether it takes the command at all.
   */
  private Answer claimNothing(RequestArguments arguments) {
    List<byte[]> request = List.of(Resp.bytes("CLIENT"), arguments.bytes(1), Resp.bytes("none"));
    return new Answer(Action.FORWARD_INSTEAD, Resp.request(session.allocator(), request), null);
  }

  private Answer noTouch(RequestArguments arguments) {
    boolean on = arguments.is(2, "ON");
    return on || arguments.is(2, "OFF")
        ? change(IdentityChange.Kind.NO_TOUCH, own().withNoTouch(on))
        : Answer.FORWARD;
  }

  private static Answer ok() {
    return Answer.reply(Resp.simple("OK"));
  }
}
