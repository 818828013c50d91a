package io.redisproxy.session;

import io.redisproxy.resp.Resp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Which clients CLIENT LIST is to show or CLIENT KILL to end: what any server takes. */
final class ClientFilter {
  private static final String NOT = "NOT-";
  private static final String ID = "ID";

  /** Those that say what the clients are not, too, with {@link #NOT} before them. */
  private static final Set<String> NEGATABLE =
      Set.of(
          ID,
          "TYPE",
          "ADDR",
          "LADDR",
          "IP",
          "USER",
          "NAME",
          "LIB-NAME",
          "LIB-VER",
          "DB",
          "FLAGS",
          "CAPA");

  private static final Set<String> OTHERS = Set.of("SKIPME", "MAXAGE", "IDLE");

  /** Letters of what CLIENT CAPA may claim. */
  private static final String CAPABILITIES = "r*";

  private final ConnectedClient asking;
  private final ListenerClients clients;
  private final boolean kills;
  private boolean skipsMe;

  /** Those that are asked for by their numbers, in this order; null if they are not. */
  private List<Long> ids;

  /** By the option, so that what is said last counts. */
  private final Map<String, Predicate<ConnectedClient>> conditions = new HashMap<>();

  private ClientFilter(ConnectedClient asking, ListenerClients clients, boolean kills) {
    this.asking = asking;
    this.clients = clients;
    this.kills = kills;
    skipsMe = kills;
  }

  /** {@code CLIENT KILL address}, with which a client may end itself. */
  static ClientFilter byAddress(byte[] address, ConnectedClient asking, ListenerClients clients) {
    ClientFilter filter = new ClientFilter(asking, clients, true);
    filter.add("ADDR", text(address));
    filter.skipsMe = false;
    return filter;
  }

  /** {@code CLIENT KILL option value ...}; throws {@link RefusedException}. */
  static ClientFilter toKill(
      List<byte[]> options, ConnectedClient asking, ListenerClients clients) {
    return new ClientFilter(asking, clients, true).with(options);
  }

  /** {@code CLIENT LIST option value ...}; throws {@link RefusedException}. */
  static ClientFilter toShow(
      List<byte[]> options, ConnectedClient asking, ListenerClients clients) {
    return new ClientFilter(asking, clients, false).with(options);
  }

  private ClientFilter with(List<byte[]> options) {
    int i = 0;
    while (i < options.size()) {
      if (i + 1 == options.size()) {
        throw RefusedException.syntax();
      }
      String option = text(options.get(i)).toUpperCase(Locale.ROOT);
      i++;
      do {
        add(option, text(options.get(i)));
        i++;
      } while (isOfIds(option) && i < options.size() && isMore(text(options.get(i))));
    }
    return this;
  }

  private static boolean isOfIds(String option) {
    return option.equals(ID) || option.equals(NOT + ID);
  }

  /** Whether the word follows the number of a client as another one, right or wrong. */
  private boolean isMore(String word) {
    return kills ? word.matches("-?[0-9]+") : !isOption(word.toUpperCase(Locale.ROOT));
  }

  private static boolean isOption(String word) {
    return OTHERS.contains(word) || NEGATABLE.contains(word) || isNegated(word);
  }

  private static boolean isNegated(String option) {
    return option.startsWith(NOT) && NEGATABLE.contains(option.substring(NOT.length()));
  }

  private void add(String option, String value) {
    switch (option) {
      case ID -> addId(value);
      case "SKIPME" -> skipsMe = yesOrNo(value);
      case "MAXAGE" -> {
        long age = seconds(value, "maxage");
        conditions.put(option, client -> client.ageSeconds() >= age);
      }
      case "IDLE" -> {
        long idle = seconds(value, "idle");
        conditions.put(option, client -> client.idleSeconds() >= idle);
      }
      case NOT + ID -> {
        long id = id(value);
        conditions.merge(option, client -> client.id() != id, Predicate::and);
      }
      default -> {
        boolean negated = isNegated(option);
        String name = negated ? option.substring(NOT.length()) : option;
        Predicate<ConnectedClient> is = property(name, option, value);
        conditions.put(option, negated ? is.negate() : is);
      }
    }
  }

  /** {@code name}: that of the option without its negation. */
  private Predicate<ConnectedClient> property(String name, String option, String value) {
    return switch (name) {
      case "TYPE" -> {
        ClientType type = ClientType.named(value);
        yield client -> ClientType.of(client) == type;
      }
      case "ADDR" -> client -> client.address().equals(value);
      case "LADDR" -> client -> client.localAddress().equals(value);
      case "IP" -> client -> ip(client.address()).equals(value);
      case "USER" -> {
        String user = known(value);
        yield client -> client.user().equals(user);
      }
      case "NAME" -> client -> isSaid(client.identity().name(), value);
      case "LIB-NAME" -> client -> isSaid(client.identity().libraryName(), value);
      case "LIB-VER" -> client -> isSaid(client.identity().libraryVersion(), value);
      case "DB" -> {
        long database = integer(value, option + " is not an integer or out of range");
        yield client -> client.database() == database;
      }
      case "FLAGS" -> {
        if (!ClientFlag.areKnown(value)) {
          throw unknown("flags", option, value);
        }
        yield client -> ClientFlag.hasAll(client.flags(), value);
      }
      case "CAPA" -> {
        if (!value.matches(CAPABILITIES)) {
          throw unknown("capa", option, value);
        }
        // No client has one here.
        yield client -> value.isEmpty();
      }
      default -> throw RefusedException.syntax();
    };
  }

  private static RefusedException unknown(String what, String option, String value) {
    String filter = isNegated(option) ? option : "provided";
    return new RefusedException(
        "Unknown " + what + " found in the " + filter + " filter: " + value);
  }

  private void addId(String value) {
    if (ids == null) {
      ids = new ArrayList<>();
    }
    ids.add(id(value));
  }

  private long id(String value) {
    return kills
        ? positive(value, "client-id should be greater than 0")
        : integer(value, "Invalid client ID");
  }

  List<ConnectedClient> selected() {
    Stream<ConnectedClient> named =
        ids == null
            ? clients.all().stream()
            : ids.stream().map(clients::find).filter(Objects::nonNull);
    return named.filter(this::matches).toList();
  }

  private boolean matches(ConnectedClient client) {
    return !(skipsMe && client == asking)
        && conditions.values().stream().allMatch(each -> each.test(client));
  }

  /** Without brackets, as a server has it. */
  private static String ip(String address) {
    String host = address.substring(0, address.lastIndexOf(':'));
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static boolean isSaid(byte[] said, String value) {
    return said != null && text(said).equals(value);
  }

  private static long seconds(String value, String option) {
    integer(value, option + " is not an integer or out of range");
    return positive(value, option + " should be greater than 0");
  }

  /** Users are the servers'; the proxy knows of those that are here, and the one that always is. */
  private String known(String name) {
    if (!name.equals("default")
        && clients.all().stream().noneMatch(client -> client.user().equals(name))) {
      throw new RefusedException("No such user '" + name + "'");
    }
    return name;
  }

  private static boolean yesOrNo(String value) {
    return switch (value.toUpperCase(Locale.ROOT)) {
      case "YES" -> true;
      case "NO" -> false;
      default -> throw RefusedException.syntax();
    };
  }

  private static long positive(String value, String refusal) {
    long number = integer(value, refusal);
    if (number <= 0) {
      throw new RefusedException(refusal);
    }
    return number;
  }

  /** An integer as a server takes it: without plus, spaces or leading zeros. */
  static long integer(String value, String refusal) {
    try {
      long number = Long.parseLong(value);
      if (Long.toString(number).equals(value)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The same refusal.
    }
    throw new RefusedException(refusal);
  }

  /** Each character is one byte, so that it is quoted as it came. */
  static String text(byte[] argument) {
    return Resp.text(argument);
  }
}
