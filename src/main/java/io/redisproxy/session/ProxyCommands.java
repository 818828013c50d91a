package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import io.redisproxy.topology.NodeHealth;
import io.redisproxy.topology.NodeState;
import io.redisproxy.topology.Topology;
import io.redisproxy.topology.TopologyEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The subcommands of PROXY, with which a client asks the proxy about the proxy. */
final class ProxyCommands {

  /** As a server says what its commands do. */
  private static final List<String> HELP =
      List.of(
          "PROXY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
          "BIGKEYS [<count>]",
          "    Return the keys with the largest replies of 16 KB and more (default: 10), each with",
          "    the bytes.",
          "CLIENTS",
          "    Return CLIENT LIST with the state of each session (state) and the requests that",
          "    wait for their replies (pending).",
          "EXPLAIN <command> [<arg> ...]",
          "    Return which node would get the command now, and why. It is not sent.",
          "HELP",
          "    Print this help.",
          "HOTKEYS [<count>]",
          "    Return the keys that most requests of the last minute named (default: 10), each with",
          "    about how many, by a sample.",
          "SLOWLOG GET [<count>]",
          "    Return the latest requests that took long (default: 10, -1 means all): id, time,",
          "    microseconds, command and key, client's address, its name, and what the proxy knows.",
          "SLOWLOG LEN",
          "    Return how many there are.",
          "SLOWLOG RESET",
          "    Forget them.",
          "TOPOLOGY",
          "    Return the master and why it is that, the nodes of this listener as this client's",
          "    event loop sees them, and what has changed lately.");

  /** Of what is no subcommand a server quotes so much. */
  private static final int QUOTED = 128;

  private final Session session;
  private final InsightCommands insight;

  ProxyCommands(Session session) {
    this.session = session;
    insight = new InsightCommands(session);
  }

  static boolean has(Command command) {
    return switch (command) {
      case PROXY,
          PROXY_BIGKEYS,
          PROXY_CLIENTS,
          PROXY_EXPLAIN,
          PROXY_HELP,
          PROXY_HOTKEYS,
          PROXY_SLOWLOG,
          PROXY_TOPOLOGY ->
          true;
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
      case PROXY_BIGKEYS -> insight.bigKeys(arguments);
      case PROXY_CLIENTS -> clients(arguments);
      case PROXY_EXPLAIN -> new Explain(session, arguments.words().subList(2, count)).reply();
      case PROXY_HELP -> Resp.array(HELP.stream().map(Resp::simple).toList());
      case PROXY_HOTKEYS -> insight.hotKeys(arguments);
      case PROXY_SLOWLOG -> insight.slowLog(arguments);
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
    Topology topology = session.lane().topology();
    List<ByteBuf> nodes = new ArrayList<>();
    for (Target target : session.lane().targets()) {
      nodes.add(node(target, topology.nodes().get(target.node())));
    }
    List<ByteBuf> changes = new ArrayList<>();
    for (TopologyEvent event : topology.changes()) {
      changes.add(Resp.bulk(event.at() + " " + event.text()));
    }
    Map<String, ByteBuf> fields = new LinkedHashMap<>();
    fields.put("master", Resp.bulk(session.lane().forWrite().name()));
    fields.put("reason", Resp.bulk(topology.reason()));
    fields.put("nodes", Resp.array(nodes));
    fields.put("changes", Resp.array(changes));
    return Resp.map(fields, session.lane().identity().protocol());
  }

  /** -1 stands for what is not known. */
  private static ByteBuf known(double value) {
    return Resp.integer(Double.isNaN(value) ? -1 : (long) value);
  }

  private ByteBuf node(Target target, NodeState state) {
    NodeHealth health = state.health();
    Map<String, ByteBuf> fields = new LinkedHashMap<>();
    fields.put("node", Resp.bulk(target.name()));
    fields.put("role", Resp.bulk(target.role()));
    fields.put("health", Resp.bulk(health.isHealthy() ? "up" : health.detail()));
    fields.put("since", Resp.bulk(state.since().toString()));
    fields.put("connected", Resp.integer(target.isConnected() ? 1 : 0));
    fields.put("epoch", Resp.integer(health.epoch()));
    fields.put("history", Resp.bulk(state.history() == null ? "" : state.history()));
    fields.put("offset", Resp.integer(state.offset()));
    fields.put("lag-bytes", known(session.lane().lag().bytes(target.node())));
    fields.put("lag-seconds", known(session.lane().lag().seconds(target.node())));
    fields.put("silence-seconds", Resp.integer(health.silenceSeconds()));
    fields.put("latency-us", Resp.integer(TimeUnit.NANOSECONDS.toMicros(health.latencyNanos())));
    return Resp.map(fields, session.lane().identity().protocol());
  }
}
