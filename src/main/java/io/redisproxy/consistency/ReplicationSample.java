package io.redisproxy.consistency;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Where a node is in the history of the data, from a reply to {@code INFO replication}. ROLE costs
 * a server a microsecond less, but does not say which history its offset belongs to; here both are
 * of the same moment.
 *
 * @param history the replication id, or null if the node did not say
 * @param offset what a master has written, or a replica has applied, of the history's bytes
 * @param linked whether a replica is in sync with its master, as far as it knows
 */
record ReplicationSample(boolean isMaster, String history, long offset, boolean linked) {
  private static final byte[] ROLE = bytes("role:master");
  private static final byte[] LINK = bytes("master_link_status:up");
  private static final byte[] HISTORY = bytes("master_replid:");
  private static final byte[] MASTER_OFFSET = bytes("master_repl_offset:");
  private static final byte[] REPLICA_OFFSET = bytes("slave_repl_offset:");

  /** An error, or anything else that is not the reply, is a sample that shows nothing. */
  static ReplicationSample read(ByteBuf in, int from, int end) {
    boolean master = false;
    boolean linked = false;
    String history = null;
    long written = -1;
    long applied = -1;
    for (int line = from; line < end; line = nextLine(in, line, end)) {
      if (startsWith(in, line, end, ROLE)) {
        master = true;
      } else if (startsWith(in, line, end, LINK)) {
        linked = true;
      } else if (startsWith(in, line, end, HISTORY)) {
        history = text(in, line + HISTORY.length, end);
      } else if (startsWith(in, line, end, MASTER_OFFSET)) {
        written = number(in, line + MASTER_OFFSET.length, end);
      } else if (startsWith(in, line, end, REPLICA_OFFSET)) {
        applied = number(in, line + REPLICA_OFFSET.length, end);
      }
    }
    return new ReplicationSample(master, history, master ? written : applied, linked);
  }

  boolean isUsableMaster() {
    return isMaster && history != null && offset >= 0;
  }

  /** Whether it is a replica with data of this history that has lost its master. */
  boolean isCutOff(String ofMaster) {
    return !isMaster && !linked && offset >= 0 && history != null && history.equals(ofMaster);
  }

  /** Whether it is a replica whose offset can be compared with those of this history. */
  boolean follows(String ofMaster) {
    return !isMaster && linked && offset >= 0 && history != null && history.equals(ofMaster);
  }

  private static int nextLine(ByteBuf in, int from, int end) {
    int lineFeed = in.indexOf(from, end, (byte) '\n');
    return lineFeed < 0 ? end : lineFeed + 1;
  }

  private static boolean startsWith(ByteBuf in, int from, int end, byte[] what) {
    if (end - from < what.length) {
      return false;
    }
    for (int i = 0; i < what.length; i++) {
      if (in.getByte(from + i) != what[i]) {
        return false;
      }
    }
    return true;
  }

  private static String text(ByteBuf in, int from, int end) {
    int carriageReturn = in.indexOf(from, end, (byte) '\r');
    return carriageReturn < 0
        ? null
        : in.toString(from, carriageReturn - from, StandardCharsets.US_ASCII);
  }

  /** A number without sign; -1 for what is none. */
  private static long number(ByteBuf in, int from, int end) {
    long value = 0;
    int i = from;
    for (; i < end && in.getByte(i) != '\r'; i++) {
      int digit = in.getByte(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return i == from ? -1 : value;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
