package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandClass;
import io.redisproxy.command.CommandRules;
import io.redisproxy.command.CommandTable;
import io.redisproxy.command.KeyFinder;
import io.redisproxy.command.KeyUse;
import io.redisproxy.config.NilRecheck;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which reads are asked again at the master when a replica answers that there is nothing, as the
 * replica may lack what was written past this proxy. Only a reply that is nil as a whole counts.
 */
public final class NilRechecks {
  private static final EnumSet<CommandClass> AT_REPLICAS =
      EnumSet.of(CommandClass.READ, CommandClass.READING_SCRIPT, CommandClass.PINNED_IF_BLOCKING);

  /** They answer with a list of what they found, whatever that is. */
  private static final EnumSet<Command> NILS_INSIDE =
      EnumSet.of(Command.MGET, Command.HMGET, Command.ZMSCORE, Command.GEOHASH, Command.GEOPOS);

  private final boolean[] commands = new boolean[Command.values().length];

  /** Commands that the table doesn't have. */
  private final Set<String> named = new HashSet<>();

  private final ByteBuf[] prefixes;
  private final Map<String, String> useless = new TreeMap<>();

  private NilRechecks(NilRecheck config, CommandRules rules) {
    config.commands().forEach(name -> add(name, rules));
    prefixes =
        config.prefixes().stream()
            .map(prefix -> prefix.getBytes(StandardCharsets.UTF_8))
            .map(bytes -> Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(bytes)))
            .toArray(ByteBuf[]::new);
  }

  /** Null if there are none. */
  public static NilRechecks of(NilRecheck config, CommandRules rules) {
    return config.equals(NilRecheck.NONE) ? null : new NilRechecks(config, rules);
  }

  /** Commands that it names in vain, and why. */
  public Map<String, String> useless() {
    return useless;
  }

  private void add(String name, CommandRules rules) {
    List<byte[]> words = List.of(name.split(" ")).stream().map(Resp::bytes).toList();
    Command command = CommandTable.find(words);
    CommandClass commandClass =
        isInTable(command) ? rules.classOf(command) : rules.classOfNamed(words);
    if (NILS_INSIDE.contains(command)) {
      useless.put(name, "never answers nil, but a list that may have nils in it");
    } else if (!AT_REPLICAS.contains(commandClass)) {
      useless.put(name, "is never sent to a replica");
    } else if (isInTable(command)) {
      commands[command.ordinal()] = true;
    } else {
      named.add(name);
    }
  }

  /** Whether a read is one of these that the session's decoder has just found in the buffer. */
  boolean has(Command command, Session session, ByteBuf in, int from, int end) {
    if (commands[command.ordinal()]) {
      return true;
    }
    KeyUse use = KeyUse.of(command);
    RequestDecoder decoder = session.decoder();
    if (use == KeyUse.FIRST && decoder.hasPlainArgument()) {
      return hasPrefix(in, decoder.argumentAt(in), decoder.argumentLength(in));
    }
    boolean maybe =
        isInTable(command) ? prefixes.length > 0 && use != KeyUse.NONE : !named.isEmpty();
    return maybe && has(command, Requests.arguments(session, in, from, end).words());
  }

  /** The same of a request that is not in the client's bytes. */
  boolean has(Command command, List<byte[]> request) {
    if (commands[command.ordinal()]) {
      return true;
    }
    if (!isInTable(command)) {
      String name = upper(request.get(0));
      return named.contains(name)
          || (request.size() > 1 && named.contains(name + ' ' + upper(request.get(1))));
    }
    if (prefixes.length == 0) {
      return false;
    }
    for (int key : KeyFinder.find(command, request)) {
      byte[] bytes = request.get(key);
      if (hasPrefix(Unpooled.wrappedBuffer(bytes), 0, bytes.length)) {
        return true;
      }
    }
    return false;
  }

  /** A container stands for a subcommand that the table doesn't have. */
  private static boolean isInTable(Command command) {
    return command != Command.UNKNOWN && !command.isContainer();
  }

  private boolean hasPrefix(ByteBuf in, int key, int length) {
    for (ByteBuf prefix : prefixes) {
      int size = prefix.writerIndex();
      if (size <= length && ByteBufUtil.equals(in, key, prefix, 0, size)) {
        return true;
      }
    }
    return false;
  }

  private static String upper(byte[] word) {
    return new String(word, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
  }
}
