package io.redisproxy.command;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisProtocol;

/** A command as a live server's {@code COMMAND} describes it. */
record ServerCommand(String name, int arity, Set<String> flags, List<KeySpec> keySpecs) {

  static Connection connect(int port) {
    return new Connection(
        new HostAndPort("127.0.0.1", port),
        DefaultJedisClientConfig.builder().protocol(RedisProtocol.RESP2).build());
  }

  static Object ask(Connection server, List<String> request) {
    CommandArguments arguments =
        new CommandArguments(() -> request.get(0).getBytes(StandardCharsets.UTF_8));
    request.stream().skip(1).forEach(arguments::add);
    return server.executeCommand(arguments);
  }

  /** Every command and subcommand of the server. */
  static List<ServerCommand> all(Connection server) {
    List<ServerCommand> commands = new ArrayList<>();
    for (Object entry : (List<?>) ask(server, List.of("COMMAND"))) {
      read((List<?>) entry, commands);
    }
    return commands;
  }

  /** Ours, which a test of its own makes sure is there. */
  Command command() {
    return CommandTable.find(name);
  }

  /** A module's, such as one of vector sets, of which the server tells no arity. */
  boolean isOfModule() {
    return flags.contains("module");
  }

  /** The shortest request that the arity allows, and {@code more} arguments. */
  List<String> request(int more) {
    List<String> request = new ArrayList<>(List.of(name.split(" ")));
    for (int i = request.size(); i < Math.abs(arity) + more; i++) {
      request.add("argument" + i);
    }
    for (KeySpec spec : keySpecs) {
      if (spec.find() == KeySpec.Find.KEY_NUM) {
        request.set(spec.from(), "1");
      }
    }
    return request;
  }

  private static void read(List<?> entry, List<ServerCommand> into) {
    String name = text(entry.get(0)).toUpperCase(Locale.ROOT).replace('|', ' ');
    int arity = ((Long) entry.get(1)).intValue();
    into.add(new ServerCommand(name, arity, words(entry.get(2)), keySpecs((List<?>) entry.get(8))));
    for (Object subcommand : (List<?>) entry.get(9)) {
      read((List<?>) subcommand, into);
    }
  }

  private static List<KeySpec> keySpecs(List<?> specs) {
    List<KeySpec> keySpecs = new ArrayList<>();
    for (Object spec : specs) {
      Map<String, Object> fields = map(spec);
      Map<String, Object> begin = map(fields.get("begin_search"));
      Map<String, Object> find = map(fields.get("find_keys"));
      boolean isKey = !words(fields.get("flags")).contains("not_key");
      keySpecs.add(
          keySpec(
              text(begin.get("type")),
              map(begin.get("spec")),
              text(find.get("type")),
              map(find.get("spec")),
              isKey));
    }
    return keySpecs;
  }

  private static KeySpec keySpec(
      String begin, Map<String, Object> from, String find, Map<String, Object> to, boolean isKey) {
    if (begin.equals("unknown")) {
      return KeySpec.unknown();
    }
    boolean atIndex = begin.equals("index");
    String keyword = atIndex ? null : text(from.get("keyword"));
    int start = number(from.get(atIndex ? "index" : "startfrom"));
    int step = number(to.get("keystep"));
    if (find.equals("keynum")) {
      if (number(to.get("keynumidx")) != 0 || number(to.get("firstkey")) != 1) {
        throw new IllegalStateException("keys that KeySpec can't tell of: " + to);
      }
      return new KeySpec(keyword, start, KeySpec.Find.KEY_NUM, 0, step, 0);
    }
    KeySpec.Find range = isKey ? KeySpec.Find.RANGE : KeySpec.Find.CHANNELS;
    return new KeySpec(
        keyword, start, range, number(to.get("lastkey")), step, number(to.get("limit")));
  }

  private static Set<String> words(Object list) {
    return ((List<?>) list).stream().map(ServerCommand::text).collect(Collectors.toSet());
  }

  private static Map<String, Object> map(Object list) {
    List<?> flat = (List<?>) list;
    Map<String, Object> map = new HashMap<>();
    for (int i = 0; i < flat.size(); i += 2) {
      map.put(text(flat.get(i)), flat.get(i + 1));
    }
    return map;
  }

  private static int number(Object value) {
    return ((Long) value).intValue();
  }

  static String text(Object bytes) {
    return new String((byte[]) bytes, StandardCharsets.UTF_8);
  }
}
