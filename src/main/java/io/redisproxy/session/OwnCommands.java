package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The commands that set or tell the state of the client's connection, which is a connection to the
 * proxy: it answers them itself, as long as the session needs no state at a node.
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
    /** The session needs a connection of its own from here on. */
    PIN
  }

  /** An action, with the reply that belongs to it. */
  record Answer(Action action, ByteBuf reply) {}

  private static final Answer FORWARD = new Answer(Action.FORWARD, null);
  private static final Answer PIN = new Answer(Action.PIN, null);

  private OwnCommands() {}

  static Answer answer(Command command, List<byte[]> arguments, ClientIdentity client) {
    int count = arguments.size();
    return switch (command) {
      case QUIT -> new Answer(Action.REPLY_AND_CLOSE, Resp.simple("OK"));
      // Redis itself says what is wrong with other numbers of arguments.
      case RESET -> count == 1 ? reset(client) : FORWARD;
      case SELECT -> count != 2 ? FORWARD : text(arguments.get(1)).equals("0") ? ok() : PIN;
      case HELLO ->
          count == 1 || (count == 2 && !text(arguments.get(1)).equals("3")) ? FORWARD : PIN;
      default -> PIN;
    };
  }

  private static Answer reset(ClientIdentity client) {
    client.reset();
    return reply(Resp.simple("RESET"));
  }

  private static Answer ok() {
    return reply(Resp.simple("OK"));
  }

  private static Answer reply(ByteBuf reply) {
    return new Answer(Action.REPLY, reply);
  }

  private static String text(byte[] argument) {
    return new String(argument, StandardCharsets.ISO_8859_1);
  }
}
