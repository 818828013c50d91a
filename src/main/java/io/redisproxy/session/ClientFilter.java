package io.redisproxy.session;

import io.redisproxy.resp.Resp;
import java.util.List;
import java.util.Locale;

/** Which clients CLIENT KILL is to end. */
final class ClientFilter {
  private final ConnectedClient asking;
  private final ClientRegistry clients;
  private String address;
  private String localAddress;
  private String user;
  private ClientType type;
  private long id;
  private long minAge;
  private boolean skipsMe = true;

  private ClientFilter(ConnectedClient asking, ClientRegistry clients) {
    this.asking = asking;
    this.clients = clients;
  }

  /** {@code CLIENT KILL address}, with which a client may end itself. */
  static ClientFilter byAddress(byte[] address, ConnectedClient asking, ClientRegistry clients) {
    ClientFilter filter = new ClientFilter(asking, clients);
    filter.address = text(address);
    filter.skipsMe = false;
    return filter;
  }

  /** {@code CLIENT KILL option value ...}; throws {@link RefusedException}. */
  static ClientFilter byOptions(
      List<byte[]> options, ConnectedClient asking, ClientRegistry clients) {
    ClientFilter filter = new ClientFilter(asking, clients);
    for (int i = 0; i < options.size(); i += 2) {
      if (i + 1 == options.size()) {
        throw RefusedException.syntax();
      }
      filter.add(text(options.get(i)), text(options.get(i + 1)));
    }
    return filter;
  }

  private void add(String option, String value) {
    switch (option.toUpperCase(Locale.ROOT)) {
      case "ID" -> id = positive(value, "client-id should be greater than 0");
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

  boolean matches(ConnectedClient client) {
    return !(skipsMe && client == asking)
        && (id == 0 || client.id() == id)
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
