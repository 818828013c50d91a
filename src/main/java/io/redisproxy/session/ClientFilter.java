package io.redisproxy.session;

import io.redisproxy.resp.Resp;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** Which clients CLIENT LIST is to show or CLIENT KILL to end: what any server takes. */
final class ClientFilter {
  private static final Set<String> OPTIONS =
      Set.of("ID", "TYPE", "ADDR", "LADDR", "USER", "SKIPME", "MAXAGE");

  private final ConnectedClient asking;
  private final ClientRegistry clients;
  private final boolean kills;
  private String address;
  private String localAddress;
  private String user;
  private ClientType type;
  private List<Long> ids;
  private long minAge;
  private boolean skipsMe;

  private ClientFilter(ConnectedClient asking, ClientRegistry clients, boolean kills) {
    this.asking = asking;
    this.clients = clients;
    this.kills = kills;
    skipsMe = kills;
  }

  /** {@code CLIENT KILL address}, with which a client may end itself. */
  static ClientFilter byAddress(byte[] address, ConnectedClient asking, ClientRegistry clients) {
    ClientFilter filter = new ClientFilter(asking, clients, true);
    filter.address = text(address);
    filter.skipsMe = false;
    return filter;
  }

  /** {@code CLIENT KILL option value ...}; throws {@link RefusedException}. */
  static ClientFilter toKill(List<byte[]> options, ConnectedClient asking, ClientRegistry clients) {
    return new ClientFilter(asking, clients, true).with(options);
  }

  /** {@code CLIENT LIST option value ...}; throws {@link RefusedException}. */
  static ClientFilter toShow(List<byte[]> options, ConnectedClient asking, ClientRegistry clients) {
    return new ClientFilter(asking, clients, false).with(options);
  }

  private ClientFilter with(List<byte[]> options) {
    int i = 0;
    while (i < options.size()) {
      if (i + 1 == options.size()) {
        throw RefusedException.syntax();
      }
      String option = text(options.get(i)).toUpperCase(Locale.ROOT);
      String value = text(options.get(i + 1));
      add(option, value);
      i += 2;
      while (option.equals("ID") && i < options.size() && isMore(text(options.get(i)))) {
        addId(text(options.get(i)));
        i++;
      }
    }
    return this;
  }

  /** Whether the word follows the number of a client as another one, right or wrong. */
  private boolean isMore(String word) {
    return kills ? word.matches("-?[0-9]+") : !OPTIONS.contains(word.toUpperCase(Locale.ROOT));
  }

  private void add(String option, String value) {
    switch (option) {
      case "ID" -> addId(value);
      case "TYPE" -> type = ClientType.named(value);
      case "ADDR" -> address = value;
      case "LADDR" -> localAddress = value;
      case "USER" -> user = known(value);
      case "SKIPME" -> skipsMe = yesOrNo(value);
      case "MAXAGE" -> {
        integer(value, "maxage is not an integer or out of range");
        minAge = positive(value, "maxage should be greater than 0");
      }
      default -> throw RefusedException.syntax();
    }
  }

  private void addId(String value) {
    if (ids == null) {
      ids = new ArrayList<>();
    }
    ids.add(
        kills
            ? positive(value, "client-id should be greater than 0")
            : integer(value, "Invalid client ID"));
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
        && (address == null || address.equals(client.address()))
        && (localAddress == null || localAddress.equals(client.localAddress()))
        && (type == null || ClientType.of(client) == type)
        && (user == null || user.equals(client.user()))
        && client.ageSeconds() >= minAge;
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
