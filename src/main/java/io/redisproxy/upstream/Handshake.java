package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.redisproxy.resp.Resp;
import java.util.List;

/**
 * Brings a new connection into an identity. Nothing else is sent before the node has agreed: what
 * follows a refused AUTH would run as somebody else, and what follows a refused SELECT elsewhere.
 *
 * <p>Nor is a password sent before all else is answered: since Redis 7.2 servers leave out the
 * reply to a wrong one while another reply waits to be sent.
 */
final class Handshake {
  private static final List<byte[]> CLIENT_ID = List.of(Resp.bytes("CLIENT"), Resp.bytes("ID"));

  /** Where in {@link Identity#requests} a database is chosen that came first. */
  private static final int FIRST_SELECT = 0;

  private static final int SECOND_SELECT = 2;

  /** What a server says to a password, without a user's name, when its default user needs none. */
  private static final String NO_PASSWORD_NEEDED =
      "-ERR AUTH <password> called without any password";

  /** What a server says to who connects, once and whatever that asks, before it closes. */
  private static final String FULL = "ERR max number of clients";

  private static final String PROTECTED = "DENIED ";

  private final List<List<byte[]>> requests;
  private final boolean databaseFirst;
  private final boolean asksId;
  private final boolean loginAgreed;
  private ReplyCollector replies;
  private int sent;

  /** {@code asksId}: whether the node shall tell its number for the connection, too. */
  Handshake(Identity identity, boolean asksId) {
    this(identity, asksId, false);
  }

  /**
   * @param loginAgreed whether the login is one that the master has agreed to before: a password
   *     that is needed no more makes the connection nobody else then, as a client that has said it
   *     in time stays who it is
   */
  Handshake(Identity identity, boolean asksId, boolean loginAgreed) {
    this.asksId = asksId;
    this.loginAgreed = loginAgreed;
    databaseFirst = identity.databaseFirst();
    requests = identity.requests();
    if (asksId) {
      requests.add(CLIENT_ID);
    }
    begin();
  }

  /** What the node has said so far counts no more. */
  void begin() {
    replies = new ReplyCollector(requests.size());
    sent = 0;
  }

  boolean isEmpty() {
    return requests.isEmpty();
  }

  /** Whether all that was sent has been answered, but there is more to send. */
  boolean hasMore() {
    return sent < requests.size() && replies.all().size() == sent && rejection() == null;
  }

  /** What to send next. */
  ByteBuf requests(ByteBufAllocator allocator) {
    int end = databaseFirst && sent == FIRST_SELECT ? FIRST_SELECT + 1 : requests.size();
    ByteBuf next = allocator.buffer();
    for (List<byte[]> request : requests.subList(sent, end)) {
      Resp.writeRequest(next, request);
    }
    sent = end;
    return next;
  }

  /** Reads replies from the buffer; what lies behind them stays in it. */
  void read(ByteBuf in) {
    replies.read(in);
  }

  boolean isDone() {
    return replies.isDone() || rejection() != null;
  }

  /** The error of a node that does not take the connection, without its {@code -}; or null. */
  private String rejection() {
    String first = replies.all().isEmpty() ? "" : replies.all().get(0);
    return first.startsWith("-") && isRejection(first.substring(1)) ? first.substring(1) : null;
  }

  /** The node's error reply to what the identity needs, without its {@code -}; or null. */
  String refusal() {
    if (rejection() != null) {
      return rejection();
    }
    int needed = requests.size() - (asksId ? 1 : 0);
    for (int i = 0; i < needed; i++) {
      if (isError(i) && !isOptional(i) && !isPasswordTooMany(i)) {
        return replies.all().get(i).substring(1);
      }
    }
    return null;
  }

  private boolean isOptional(int request) {
    return databaseFirst
        && (request == FIRST_SELECT || (request == SECOND_SELECT && !isError(FIRST_SELECT)));
  }

  private boolean isPasswordTooMany(int request) {
    return loginAgreed && replies.all().get(request).startsWith(NO_PASSWORD_NEEDED);
  }

  private boolean isError(int request) {
    return replies.all().get(request).startsWith("-");
  }

  /** The node's number for the connection; -1 when it doesn't tell this user, or not now. */
  long id() {
    String reply = lastReply();
    return reply.startsWith(":") ? Long.parseLong(reply.substring(1)) : -1;
  }

  /** Whether a script kept the node from telling its number. */
  boolean isIdMissing() {
    return isBusy(lastReply().substring(1));
  }

  /** Whether an error, without its {@code -}, says that a script keeps the node busy. */
  static boolean isBusy(String error) {
    return error.startsWith("BUSY ");
  }

  /**
   * Whether an error, without its {@code -}, says that a node does not take this connection, which
   * it then closes: it has too many, or takes none from other machines in protected mode.
   */
  static boolean isRejection(String error) {
    return error.startsWith(FULL) || error.startsWith(PROTECTED);
  }

  private String lastReply() {
    return replies.all().get(requests.size() - 1);
  }
}
