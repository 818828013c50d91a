package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import io.redisproxy.topology.NodeHealth;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The subcommands of PROXY, with which a client asks the proxy about the proxy. */
final class ProxyCommands {

  /** As a server says what its commands do. */
  private static final List<String> HELP =
      List.of(
          "PROXY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
          "CLIENTS",
          "    Return CLIENT LIST with the state of each session (state) and the requests that",
          "    wait for their replies (pending).",
          "EXPLAIN <command> [<arg> ...]",
          "    Return which node would get the command now, and why. It is not sent.",
          "HELP",
          "    Print this help.",
          "TOPOLOGY",
          "    Return the nodes of this listener, as this client's event loop sees them.");

  /** Of what is no subcommand a server quotes so much. */
  private static final int QUOTED = 128;

  private final Session session;

  ProxyCommands(Session session) {
    this.session = session;
  }

  static boolean has(Command command) {
    return switch (command) {
      case PROXY, PROXY_CLIENTS, PROXY_EXPLAIN, PROXY_HELP, PROXY_TOPOLOGY -> true;
      default -> false;
    };
  }

  /** {@code arguments}: all of the request, PROXY first. */
  ByteBuf answer(Command command, RequestArguments arguments) {
    int count = arguments.count();
    if (command.arity() < 0 ? count < -command.arity() : count != command.arity()) {
      String name = command.wireName().toLowerCase(Locale.ROOT).replace(' ', '|');
      return Resp.error("ERR wrong number of arguments for '" + name + "' command");
    }
    return switch (command) {
      case PROXY_CLIENTS -> clients(arguments);
      case PROXY_EXPLAIN -> new Explain(session, arguments.words().subList(2, count)).reply();
      case PROXY_HELP -> Resp.array(HELP.stream().map(Resp::simple).toList());
      case PROXY_TOPOLOGY -> topology();
      default -> Resp.error("ERR unknown subcommand '" + quoted(arguments) + "'. Try PROXY HELP.");
    };
  }

  private static String quoted(RequestArguments arguments) {
    String text = arguments.text(1);
    return text.substring(0, Math.min(text.length(), QUOTED));
  }

  private ByteBuf clients(RequestArguments arguments) {
    return ClientCommands.lines(
        ClientLine::appendWithState,
        session.clients().all(),
        arguments.words(),
        session.client(),
        session.allocator());
  }

  private ByteBuf topology() {
    List<ByteBuf> nodes = new ArrayList<>();
    for (Target target : session.lane().targets()) {
      nodes.add(node(target));
    }
    return Resp.array(nodes);
  }

  private ByteBuf node(Target target) {
    NodeHealth health = session.lane().health(target.node());
    Map<String, ByteBuf> fields = new LinkedHashMap<>();
    fields.put("node", Resp.bulk(target.name()));
    fields.put("role", Resp.bulk(target.role()));
    fields.put("health", Resp.bulk(health.isHealthy() ? "up" : health.detail()));
    fields.put("connected", Resp.integer(target.link().isConnected() ? 1 : 0));
    fields.put("epoch", Resp.integer(health.epoch()));
    return Resp.map(fields, session.lane().identity().protocol());
  }
}
