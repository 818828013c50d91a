package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Classifier;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandFlag;
import io.redisproxy.command.CommandTable;
import io.redisproxy.command.KeyFinder;
import io.redisproxy.resp.Resp;
import io.redisproxy.route.Explanation;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * PROXY EXPLAIN: what {@link Serving} would do with a request that came next in the session, and
 * why. Nothing is sent, and no replica's turn is over by it.
 */
final class Explain {

  /**
   * Where a request would go.
   *
   * @param target null when the proxy itself answers
   * @param why in words that can follow a semicolon
   */
  record Decision(Target target, String why) {}

  private static final EnumSet<CommandClass> NOT_SENT =
      EnumSet.of(CommandClass.SESSION, CommandClass.DENIED, CommandClass.CLOSE);

  private final Session session;
  private final RequestArguments arguments;
  private final Command command;
  private final CommandClass commandClass;

  /** {@code request}: the one to explain, its name first. */
  Explain(Session session, List<byte[]> request) {
    this.session = session;
    arguments = new RequestArguments(request);
    command = CommandTable.find(request);
    commandClass = session.rules().classOf(command, request);
  }

  /** A map for a client that speaks RESP3, else its fields and values in turn. */
  ByteBuf reply() {
    Decision decision = decide();
    Target target = decision.target();
    Map<String, ByteBuf> fields = new LinkedHashMap<>();
    fields.put("command", Resp.bulk(command == Command.UNKNOWN ? "unknown" : command.wireName()));
    fields.put("class", Resp.bulk(className()));
    fields.put("keys", Resp.array(keys()));
    fields.put("node", Resp.bulk(target == null ? "proxy" : target.name()));
    fields.put("role", Resp.bulk(target == null ? "proxy" : target.role()));
    fields.put("reason", Resp.bulk(decision.why() + obstacle(target)));
    fields.put("connection", Resp.bulk(target == null ? "none" : isOwn() ? "own" : "shared"));
    return Resp.map(fields, session.lane().identity().protocol());
  }

  private String className() {
    return switch (commandClass) {
      case READ, READ_BY_SECTION -> "read";
      case MASTER, READ_AT_MASTER, PINNED_IF_BLOCKING, BY_NAME -> isWrite() ? "write" : "master";
      case ANY_NODE -> "any-node";
      case CURSOR -> "cursor";
      case READING_SCRIPT -> "reading-script";
      case EVERY_NODE -> "every-node";
      case SESSION -> "session";
      case PINNED -> "pinned";
      case RELAYED -> "relayed";
      case DENIED -> "denied";
      case CLOSE -> "close";
    };
  }

  private List<ByteBuf> keys() {
    return IntStream.of(KeyFinder.find(command, arguments.words()))
        .mapToObj(place -> Resp.bulk(arguments.bytes(place), 2))
        .toList();
  }

  private Decision decide() {
    Pin pin = session.serving().pin();
    if (pin != null && !NOT_SENT.contains(commandClass)) {
      return decidePinned(pin);
    }
    Target master = session.lane().forWrite();
    return switch (commandClass) {
      case READ, READ_BY_SECTION ->
          decideRechecked(isConfigured() ? "the listener's configuration names it" : "a read");
      case ANY_NODE -> decideRead("the same on any node");
      case READING_SCRIPT ->
          decideRechecked("a read, which another node gets if this lacks the script");
      case CURSOR ->
          session
              .serving()
              .cursors()
              .explain(command, arguments, decideRead("an iteration begins"));
      case MASTER, READ_AT_MASTER, PINNED_IF_BLOCKING, BY_NAME -> new Decision(master, whyMaster());
      case EVERY_NODE -> new Decision(master, "all nodes get it; the reply is the master's");
      case PINNED -> new Decision(master, whyPinned());
      case RELAYED -> new Decision(master, "the client and the node are left to themselves by it");
      case SESSION -> new Decision(null, "it is about the proxy, or its connections of clients");
      case DENIED -> new Decision(null, "the listener's configuration denies it");
      case CLOSE -> new Decision(null, "a web page makes browsers say so: the client is closed");
    };
  }

  private Decision decidePinned(Pin pin) {
    return new Decision(
        pin.target(),
        pin.isHeld()
            ? "this session's state is on its connection there"
            : "this session still has its connection there");
  }

  private Decision decideRead(String what) {
    Explanation read =
        session
            .lane()
            .explainRead(session.client().id(), needed(), session.replies().awaitsWrites());
    Target target = session.lane().target(read.node());
    return new Decision(
        target,
        what + (target.isMaster() ? ", but " : "; ") + read.why() + hedge(target.isMaster()));
  }

  private String hedge(boolean atMaster) {
    Hedges hedges = session.recovery().hedges();
    return hedges == null || atMaster || commandClass == CommandClass.READING_SCRIPT
        ? ""
        : hedges.explain();
  }

  /** A read that the master may be asked, too. */
  private Decision decideRechecked(String what) {
    Decision read = decideRead(what);
    NilRechecks rechecks = session.nilRechecks();
    boolean rechecked =
        rechecks != null && !read.target().isMaster() && rechecks.has(command, arguments.words());
    return rechecked
        ? new Decision(read.target(), read.why() + "; if it answers nil, the master is asked, too")
        : read;
  }

  private long needed() {
    KeySlots keys = session.keys();
    return keys == null ? 0 : keys.neededBy(command, session, arguments.words());
  }

  /** What is in the way at this moment. */
  private String obstacle(Target target) {
    if (target == null || isOwn() || target.isConnected()) {
      return "";
    }
    return target.connection() == null
        ? "; it can't be reached: " + target.failure().reason()
        : "; the connection is being made";
  }

  private String whyPinned() {
    return command.has(CommandFlag.BLOCKING) || Classifier.classOf(command) != commandClass
        ? "it may wait, and no other client shall wait for it"
        : "it can't share a connection with other clients";
  }

  private String whyMaster() {
    if (isConfigured()) {
      return "the listener's configuration names it";
    }
    if (isUnknown()) {
      return "what is unknown counts as a write";
    }
    if (isWrite()) {
      return "a write";
    }
    if (command == Command.INFO) {
      return "a read, but of who is the master";
    }
    String kept = Classifier.READS_KEPT_AT_MASTER.get(command);
    return kept == null ? "it is no read" : "a read, but " + kept;
  }

  private boolean isOwn() {
    return session.isPinned()
        || commandClass == CommandClass.PINNED
        || commandClass == CommandClass.RELAYED;
  }

  private boolean isWrite() {
    return isUnknown() || command.has(CommandFlag.WRITE) || command.has(CommandFlag.MAY_REPLICATE);
  }

  /** The name, or that of a subcommand. */
  private boolean isUnknown() {
    return command == Command.UNKNOWN || (command.isContainer() && arguments.count() > 1);
  }

  private boolean isConfigured() {
    return session.rules().isConfigured(command, arguments.words());
  }
}
