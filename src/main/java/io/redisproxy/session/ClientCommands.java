package io.redisproxy.session;

import static io.redisproxy.session.ClientFilter.text;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.redisproxy.command.Command;
import io.redisproxy.metrics.CloseCause;
import io.redisproxy.resp.Resp;
import io.redisproxy.session.OwnCommands.Action;
import io.redisproxy.session.OwnCommands.Answer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * The subcommands of CLIENT that speak of the proxy's clients. A server would speak of the
 * connections that the proxy has to it.
 */
final class ClientCommands {
  private ClientCommands() {}

  static boolean has(Command command) {
    return switch (command) {
      case CLIENT_ID,
          CLIENT_GETNAME,
          CLIENT_SETNAME,
          CLIENT_SETINFO,
          CLIENT_NO_EVICT,
          CLIENT_INFO,
          CLIENT_LIST,
          CLIENT_KILL ->
          true;
      default -> false;
    };
  }

  /** Whether it does something to clients: a server would do it to connections of the proxy. */
  static boolean changesOthers(Command command) {
    return command == Command.CLIENT_KILL || command == Command.CLIENT_UNBLOCK;
  }

  /**
   * Answers one of these commands.
   *
   * @param arguments all of the request, CLIENT first
   * @param asking the client that sent it
   */
  static Answer answer(
      Command command,
      List<byte[]> arguments,
      ConnectedClient asking,
      ListenerClients clients,
      ByteBufAllocator allocator) {
    int count = arguments.size();
    ClientIdentity identity = asking.identity();
    // Redis itself says what is wrong with other numbers of arguments.
    if (command.arity() < 0 ? count < -command.arity() : count != command.arity()) {
      return Answer.FORWARD;
    }
    try {
      return switch (command) {
        case CLIENT_ID -> reply(Resp.integer(asking.id()));
        case CLIENT_GETNAME -> reply(Resp.bulk(identity.name(), asking.protocol()));
        case CLIENT_SETNAME -> setName(arguments.get(2), identity);
        case CLIENT_SETINFO -> setInfo(text(arguments.get(2)), arguments.get(3), identity);
        case CLIENT_NO_EVICT -> noEvict(text(arguments.get(2)), identity);
        case CLIENT_INFO ->
            reply(lines(ClientLine::append, List.of(asking), arguments, asking, allocator));
        case CLIENT_LIST ->
            reply(
                lines(
                    ClientLine::append,
                    selected(arguments, asking, clients),
                    arguments,
                    asking,
                    allocator));
        case CLIENT_KILL -> kill(arguments, asking, clients);
        default -> throw new IllegalArgumentException(command.wireName());
      };
    } catch (RefusedException e) {
      return reply(Resp.error("ERR " + e.getMessage()));
    }
  }

  private static Answer setName(byte[] name, ClientIdentity identity) {
    if (!isPrintable(name)) {
      throw new RefusedException(
          "Client names cannot contain spaces, newlines or special characters.");
    }
    identity.setName(name);
    return ok();
  }

  private static Answer setInfo(String attribute, byte[] value, ClientIdentity identity) {
    String known = attribute.toLowerCase(Locale.ROOT);
    if (!known.equals(ClientIdentity.LIBRARY_NAME)
        && !known.equals(ClientIdentity.LIBRARY_VERSION)) {
      throw new RefusedException("Unrecognized option '" + attribute + "'");
    }
    if (!isPrintable(value)) {
      throw new RefusedException(
          attribute + " cannot contain spaces, newlines or special characters.");
    }
    identity.setInfo(known, value);
    return ok();
  }

  private static Answer noEvict(String onOrOff, ClientIdentity identity) {
    switch (onOrOff.toUpperCase(Locale.ROOT)) {
      case "ON" -> identity.setNoEvict(true);
      case "OFF" -> identity.setNoEvict(false);
      default -> throw RefusedException.syntax();
    }
    return ok();
  }

  private static List<ConnectedClient> selected(
      List<byte[]> arguments, ConnectedClient asking, ListenerClients clients) {
    return ClientFilter.toShow(arguments.subList(2, arguments.size()), asking, clients).selected();
  }

  /** A line for each client; {@code request}, all of it, is what {@code asking} has sent. */
  static ByteBuf lines(
      ClientLine.Form form,
      Iterable<ConnectedClient> shown,
      List<byte[]> request,
      ConnectedClient asking,
      ByteBufAllocator allocator) {
    ByteBuf lines = allocator.buffer();
    StringBuilder line = new StringBuilder(ClientLine.LENGTH);
    for (ConnectedClient client : shown) {
      line.setLength(0);
      form.append(line, client, client == asking ? Resp.requestSize(request) : 0);
      lines.writeBytes(line.toString().getBytes(StandardCharsets.ISO_8859_1));
    }
    return Resp.verbatim(lines, asking.protocol());
  }

  private static Answer kill(
      List<byte[]> arguments, ConnectedClient asking, ListenerClients clients) {
    boolean old = arguments.size() == 3;
    ClientFilter filter =
        old
            ? ClientFilter.byAddress(arguments.get(2), asking, clients)
            : ClientFilter.toKill(arguments.subList(2, arguments.size()), asking, clients);
    boolean killsMe = false;
    int killed = 0;
    for (ConnectedClient client : filter.selected()) {
      // Whoever takes it out ends it: it is counted once, and gone when the reply is there.
      if (clients.remove(client)) {
        killed++;
        if (client == asking) {
          killsMe = true;
        } else {
          client.close(CloseCause.KILLED);
        }
      }
    }
    if (old && killed == 0) {
      throw new RefusedException("No such client");
    }
    ByteBuf reply = old ? Resp.simple("OK") : Resp.integer(killed);
    return killsMe ? new Answer(Action.REPLY_AND_CLOSE, reply, null) : reply(reply);
  }

  static boolean isPrintable(byte[] text) {
    for (byte b : text) {
      if (b < '!' || b > '~') {
        return false;
      }
    }
    return true;
  }

  private static Answer ok() {
    return reply(Resp.simple("OK"));
  }

  private static Answer reply(ByteBuf reply) {
    return Answer.reply(reply);
  }
}
