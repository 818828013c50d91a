package io.redisproxy.upstream;

import io.redisproxy.resp.Resp;
import java.util.ArrayList;
import java.util.List;

/**
 * What a connection to a node has to be in before a command means the same there as on the client's
 * own connection to a server. Sessions of one identity share connections.
 *
 * @param login null for sessions that brought none; a node's own credentials stand in for it
 * @param database what SELECT chose
 * @param databaseFirst whether it chose that before the login, whose user may not be allowed to
 * @param protocol 2 or 3, what HELLO chose
 * @param noTouch whether CLIENT NO-TOUCH is on
 * @param era of sessions without a login: a server that asks for one from some moment on still lets
 *     those in who have connected before, so that they don't share with those who come; else 0
 */
public record Identity(
    Login login, int database, boolean databaseFirst, int protocol, boolean noTouch, int era) {
  /** What a server takes a client for that has just connected. */
  public static final Identity DEFAULT = newcomer(0);

  /** The same in an era. */
  public static Identity newcomer(int era) {
    return new Identity(null, 0, false, 2, false, era);
  }

  /** The user's name, as a node knows it. */
  public String user() {
    return login == null ? Login.DEFAULT_USER : login.user();
  }

  /** The same with a login that was there from the beginning. */
  public Identity withLogin(Login other) {
    return new Identity(other, database, databaseFirst, protocol, noTouch, DEFAULT.era);
  }

  /** The client has said this login last: the database stays what it is, whoever chose it. */
  public Identity thenLogin(Login other) {
    return new Identity(
        other, database, database != DEFAULT.database, protocol, noTouch, DEFAULT.era);
  }

  /** The same user, in what also a node that a script keeps busy brings a new connection into. */
  public Identity atBusyNode() {
    return new Identity(login, DEFAULT.database, false, protocol, DEFAULT.noTouch, era);
  }

  public Identity withDatabase(int other) {
    return new Identity(login, other, false, protocol, noTouch, era);
  }

  public Identity withProtocol(int other) {
    return new Identity(login, database, databaseFirst, other, noTouch, era);
  }

  public Identity withNoTouch(boolean other) {
    return new Identity(login, database, databaseFirst, protocol, other, era);
  }

  /**
   * The requests that bring a new connection into this identity; none for the default one. A
   * database that came first is chosen before the login and behind it, and only one of the two has
   * to succeed: before it, a node may ask for a password, and behind it the user may not be allowed
   * to. The login is never left to HELLO: that has to name a user, and to a node whose default user
   * needs no password any will do then, while AUTH with a password alone is told so.
   */
  List<List<byte[]>> requests() {
    List<List<byte[]>> requests = new ArrayList<>();
    List<byte[]> select = List.of(Resp.bytes("SELECT"), Resp.bytes(Integer.toString(database)));
    if (databaseFirst) {
      requests.add(select);
    }
    if (login != null) {
      requests.add(login.request());
    }
    if (database != DEFAULT.database) {
      requests.add(select);
    }
    if (protocol != DEFAULT.protocol) {
      requests.add(List.of(Resp.bytes("HELLO"), Resp.bytes(Integer.toString(protocol))));
    }
    if (noTouch) {
      requests.add(List.of(Resp.bytes("CLIENT"), Resp.bytes("NO-TOUCH"), Resp.bytes("ON")));
    }
    return requests;
  }
}
