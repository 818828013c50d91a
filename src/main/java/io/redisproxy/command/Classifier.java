package io.redisproxy.command;

import static io.redisproxy.command.Command.*;

import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tells the class of a command: sets of commands, made once into a table. */
public final class Classifier {
  private static final String CURSOR = "its cursor means something on the node that gave it only";
  private static final String ONE_NODE = "its answer differs from node to node";
  private static final String CHANGES = "it changes what it is said to read";

  /**
   * Commands that a server flags as reading and that must not leave the master, with the reason.
   */
  public static final Map<Command, String> READS_KEPT_AT_MASTER =
      Collections.unmodifiableMap(
          new EnumMap<>(
              Map.ofEntries(
                  Map.entry(TOUCH, "it is to keep keys from the master's eviction"),
                  Map.entry(OBJECT_FREQ, "it tells of use of the key at the master"),
                  Map.entry(OBJECT_IDLETIME, "it tells of use of the key at the master"),
                  Map.entry(XINFO_GROUPS, "how much a group has read is not replicated"),
                  Map.entry(XINFO_CONSUMERS, "when a consumer was seen is not replicated"),
                  Map.entry(XINFO_STREAM, "when a consumer was seen is not replicated"),
                  Map.entry(CLUSTERSCAN, CURSOR),
                  Map.entry(FT_AGGREGATE, CURSOR),
                  Map.entry(FT_HYBRID, CURSOR),
                  Map.entry(FT_PROFILE, CURSOR),
                  Map.entry(FT_CURSOR, CURSOR),
                  Map.entry(FT_CURSOR_READ, CURSOR),
                  Map.entry(FT_CURSOR_DEL, CURSOR),
                  Map.entry(FT_CURSOR_GC, CURSOR),
                  Map.entry(FT_CONFIG, ONE_NODE),
                  Map.entry(FT_CONFIG_GET, ONE_NODE),
                  Map.entry(FT_CONFIG_HELP, ONE_NODE),
                  Map.entry(BF_SCANDUMP, CURSOR),
                  Map.entry(CF_SCANDUMP, CURSOR),
                  Map.entry(CF_COMPACT, CHANGES))));

  /** Commands that no server flags as reading and that may run on a replica all the same. */
  public static final Set<Command> READS_WITHOUT_FLAG =
      Collections.unmodifiableSet(EnumSet.of(INFO, LENGTH));

  /** What a client asks for who wants to know whether it is connected to a master. */
  private static final String SECTION_OF_MASTER = "REPLICATION";

  private static final EnumSet<Command> PINNED_IF_BLOCKING = EnumSet.of(XREAD, XREADGROUP, TS_READ);

  private static final EnumSet<Command> CURSORS = EnumSet.of(SCAN, HSCAN, SSCAN, ZSCAN);

  private static final EnumSet<Command> READING_SCRIPTS = EnumSet.of(EVAL_RO, EVALSHA_RO, FCALL_RO);

  /** Each node has a cache of scripts of its own. */
  private static final EnumSet<Command> EVERY_NODE = EnumSet.of(SCRIPT_LOAD, SCRIPT_FLUSH);

  /**
   * Replies are none, many, or come at any time; or the connection is not what it was after these,
   * and nothing tells when it is again.
   */
  private static final EnumSet<Command> RELAYED =
      EnumSet.of(
          MONITOR,
          SYNC,
          PSYNC,
          REPLCONF,
          CLUSTER_SYNCSLOTS,
          SCRIPT_DEBUG,
          CLIENT_IMPORT_SOURCE,
          HIMPORT,
          HIMPORT_PREPARE,
          HIMPORT_SET,
          HIMPORT_DISCARD,
          HIMPORT_DISCARDALL);

  private static final EnumSet<Command> ANY_NODE = EnumSet.of(PING, ECHO);

  private static final EnumSet<Command> SESSION =
      EnumSet.of(
          AUTH,
          HELLO,
          SELECT,
          RESET,
          QUIT,
          CLIENT_ID,
          CLIENT_GETNAME,
          CLIENT_SETNAME,
          CLIENT_SETINFO,
          CLIENT_NO_EVICT,
          CLIENT_INFO,
          CLIENT_LIST,
          CLIENT_KILL,
          CLIENT_UNBLOCK,
          CLIENT_CAPA,
          CLIENT_REPLY,
          CLIENT_NO_TOUCH,
          PROXY,
          PROXY_BIGKEYS,
          PROXY_CLIENTS,
          PROXY_EXPLAIN,
          PROXY_HELP,
          PROXY_HOTKEYS,
          PROXY_SLOWLOG,
          PROXY_TOPOLOGY);

  private static final EnumSet<Command> PINNED = pinned();

  private static final EnumSet<Command> CLOSE = EnumSet.of(POST, HOST_);

  public static final Set<Command> READS = Collections.unmodifiableSet(reads());

  private static final CommandClass[] CLASSES = new CommandClass[Command.values().length];

  static {
    for (Command command : Command.values()) {
      CLASSES[command.ordinal()] = firstThatHas(command);
    }
  }

  private Classifier() {}

  public static CommandClass classOf(Command command) {
    return CLASSES[command.ordinal()];
  }

  /**
   * The class of one request, never {@code PINNED_IF_BLOCKING} or {@code READ_BY_SECTION}.
   *
   * @param request the command's name and arguments
   */
  public static CommandClass classOf(Command command, List<byte[]> request) {
    CommandClass commandClass = classOf(command);
    return switch (commandClass) {
      case PINNED_IF_BLOCKING ->
          asksToBlock(command, request) ? CommandClass.PINNED : classIfNotBlocking(command);
      case READ_BY_SECTION ->
          request.stream().skip(1).anyMatch(section -> Words.equal(SECTION_OF_MASTER, section))
              ? CommandClass.READ_AT_MASTER
              : CommandClass.READ;
      default -> commandClass;
    };
  }

  /** The class of a command that is {@code PINNED_IF_BLOCKING}, when it is not to block. */
  public static CommandClass classIfNotBlocking(Command command) {
    return command.has(CommandFlag.READ_ONLY) ? CommandClass.READ : CommandClass.MASTER;
  }

  private static CommandClass firstThatHas(Command command) {
    if (CLOSE.contains(command)) {
      return CommandClass.CLOSE;
    }
    if (SESSION.contains(command)) {
      return CommandClass.SESSION;
    }
    if (PINNED_IF_BLOCKING.contains(command)) {
      return CommandClass.PINNED_IF_BLOCKING;
    }
    if (PINNED.contains(command)) {
      return CommandClass.PINNED;
    }
    if (RELAYED.contains(command)) {
      return CommandClass.RELAYED;
    }
    if (EVERY_NODE.contains(command)) {
      return CommandClass.EVERY_NODE;
    }
    if (CURSORS.contains(command)) {
      return CommandClass.CURSOR;
    }
    if (READING_SCRIPTS.contains(command)) {
      return CommandClass.READING_SCRIPT;
    }
    if (ANY_NODE.contains(command)) {
      return CommandClass.ANY_NODE;
    }
    if (command == INFO) {
      return CommandClass.READ_BY_SECTION;
    }
    return READS.contains(command) ? CommandClass.READ : CommandClass.MASTER;
  }

  private static EnumSet<Command> reads() {
    EnumSet<Command> reads = having(CommandFlag.READ_ONLY);
    reads.removeAll(READS_KEPT_AT_MASTER.keySet());
    reads.removeAll(PINNED_IF_BLOCKING);
    reads.addAll(READS_WITHOUT_FLAG);
    return reads;
  }

  private static EnumSet<Command> pinned() {
    EnumSet<Command> pinned = having(CommandFlag.BLOCKING);
    pinned.removeAll(PINNED_IF_BLOCKING);
    // The node keeps a state for the connection that these come by.
    pinned.addAll(
        EnumSet.of(
            MULTI,
            WATCH,
            SUBSCRIBE,
            UNSUBSCRIBE,
            PSUBSCRIBE,
            PUNSUBSCRIBE,
            SSUBSCRIBE,
            SUNSUBSCRIBE,
            CLIENT_TRACKING,
            ASKING,
            READONLY,
            READWRITE));
    // They may end the connection, or hold it up.
    pinned.addAll(EnumSet.of(DEBUG, SHUTDOWN));
    // These end what holds up other commands. Behind one of those they would wait for themselves.
    pinned.addAll(
        EnumSet.of(CLIENT_PAUSE, CLIENT_UNPAUSE, SCRIPT_KILL, FUNCTION_KILL, FUNCTION_STATS));
    // Valkey 9.1 answers these while it is busy with a script, behind which they would wait.
    pinned.addAll(EnumSet.of(CLIENT_CACHING, CLIENT_GETREDIR));
    // Wait for replicas, without the flag that says so.
    pinned.addAll(EnumSet.of(FAILOVER, CLUSTER_SETSLOT));
    return pinned;
  }

  private static EnumSet<Command> having(CommandFlag flag) {
    EnumSet<Command> having = EnumSet.noneOf(Command.class);
    for (Command command : Command.values()) {
      if (command.has(flag)) {
        having.add(command);
      }
    }
    return having;
  }

  /** Whether BLOCK is there as an option, not as the name of a group or a stream. */
  private static boolean asksToBlock(Command command, List<byte[]> request) {
    for (int i = command == TS_READ ? 3 : 1; i < request.size(); i++) {
      byte[] word = request.get(i);
      if (Words.equal("BLOCK", word)) {
        return true;
      }
      if (Words.equal("STREAMS", word)) {
        return false;
      }
      i += Words.equal("GROUP", word) ? 2 : Words.equal("COUNT", word) ? 1 : 0;
    }
    return false;
  }
}
