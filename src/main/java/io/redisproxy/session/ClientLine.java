package io.redisproxy.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * Writes the line of CLIENT LIST and CLIENT INFO: the fields of Redis 7.0 in its order, then those
 * that 7.2 added. What only a server has, such as the memory of a parsed request, is 0.
 */
final class ClientLine {
  /** What is in a line. */
  @FunctionalInterface
  interface Form {
    /** See {@link ClientLine#append}. */
    void append(StringBuilder to, ConnectedClient client, long request);
  }

  /** About what a line is long. */
  static final int LENGTH = 320;

  private ClientLine() {}

  /**
   * Appends a line with its end.
   *
   * @param request bytes of the request that is being answered, when it is this client's
   */
  static void append(StringBuilder to, ConnectedClient client, long request) {
    ClientIdentity identity = client.identity();
    long input = client.inputBytes() + request;
    long output = client.outputBytes();
    to.append("id=").append(client.id());
    to.append(" addr=").append(client.address());
    to.append(" laddr=").append(client.localAddress());
    to.append(" fd=").append(client.fileDescriptor());
    to.append(" name=").append(text(identity.name()));
    to.append(" age=").append(client.ageSeconds());
    to.append(" idle=").append(client.idleSeconds());
    to.append(" flags=");
    ClientFlag.append(to, client.flags());
    to.append(" db=").append(client.database());
    to.append(" sub=").append(client.channels());
    to.append(" psub=").append(client.patterns());
    to.append(" ssub=").append(client.shardChannels());
    to.append(" multi=").append(client.queued());
    to.append(" qbuf=").append(input);
    to.append(" qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0");
    to.append(" oll=").append(output > 0 ? 1 : 0);
    to.append(" omem=").append(output);
    to.append(" tot-mem=").append(input + output);
    to.append(" events=").append(output > 0 ? "rw" : "r");
    to.append(" cmd=").append(client.lastCommand() == null ? "NULL" : client.lastCommand());
    to.append(" user=").append(client.user());
    to.append(" redir=").append(client.redirect());
    to.append(" resp=").append(client.protocol());
    to.append(" lib-name=").append(text(identity.libraryName()));
    to.append(" lib-ver=").append(text(identity.libraryVersion()));
    to.append('\n');
  }

  /** {@link #append} with what only the proxy has to tell. */
  static void appendWithState(StringBuilder to, ConnectedClient client, long request) {
    append(to, client, request);
    to.setLength(to.length() - 1);
    to.append(" state=").append(client.state());
    to.append(" pending=").append(client.pendingRequests());
    to.append('\n');
  }

  /** Such words have no other bytes than printable ASCII. */
  private static String text(byte[] word) {
    return word == null ? "" : new String(word, ISO_8859_1);
  }
}
