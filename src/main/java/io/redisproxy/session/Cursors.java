package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.Resp;
import java.util.List;

/**
 * Sends SCAN and its kin to the node that gave the cursor, over whichever connection it comes back:
 * the node travels in the cursor. A cursor means something only in the process that gave it, since
 * it counts the buckets of its hash tables, which each process orders by a seed of its own.
 *
 * <p>From the lowest bit: 40 bits of the node's own cursor, 5 of the node's index, 8 of its run id.
 * It stays below 2^53, which is as far as JavaScript counts. Cursors of the master are as it gave
 * them.
 */
final class Cursors {
  static final int CURSOR_BITS = 40;
  static final int NODE_BITS = 5;
  private static final long CURSOR_MASK = (1L << CURSOR_BITS) - 1;
  private static final int NODE_MASK = (1 << NODE_BITS) - 1;

  /** 53 bits at the most, in decimal. */
  private static final int MAX_DIGITS = 16;

  /**
   * What to do with a request.
   *
   * @param target null to treat it as any command of the master
   * @param error what to answer instead of sending anything, or null
   */
  record Sending(Target target, Run run, ByteBuf request, String error) {}

  private static final Sending TO_MASTER = new Sending(null, null, null, null);

  static final String IN_TRANSACTION =
      "ERR redis-proxy: a transaction runs at the master, and another node gave this cursor";

  private final Session session;

  Cursors(Session session) {
    this.session = session;
  }

  /** Whether it has a cursor that a replica gave. */
  static boolean isMarked(Command command, RequestArguments arguments) {
    int index = index(command);
    return arguments.count() > index
        && isCursor(arguments.text(index))
        && Long.parseLong(arguments.text(index)) >>> CURSOR_BITS != 0;
  }

  private static int index(Command command) {
    return command == Command.SCAN ? 1 : 2;
  }

  /** {@code needed}: how far a replica must be that an iteration begins at. */
  Sending sending(Command command, RequestArguments arguments, long needed) {
    int index = index(command);
    if (arguments.count() <= index || !isCursor(arguments.text(index))) {
      return TO_MASTER;
    }
    long cursor = Long.parseLong(arguments.text(index));
    if (cursor == 0) {
      return begin(arguments, needed);
    }
    long tag = cursor >>> CURSOR_BITS;
    return tag == 0 ? TO_MASTER : goOn(arguments, index, cursor, tag);
  }

  private Sending begin(RequestArguments arguments, long needed) {
    Target target = session.serving().sender().targetForRead(needed);
    if (target.isMaster()
        || target.node() > NODE_MASK
        || target.link().connection() == null
        || session.lane().epoch(target.node()) == 0) {
      return TO_MASTER;
    }
    return toReplica(target, arguments.words());
  }

  private Sending goOn(RequestArguments arguments, int index, long cursor, long tag) {
    int node = (int) tag & NODE_MASK;
    Lane lane = session.lane();
    boolean known = node < lane.targets().size() && tag == tag(node, lane.epoch(node));
    if (!known || !lane.isReadable(node) || !lane.isConnected(node)) {
      return new Sending(
          null,
          null,
          null,
          "ERR redis-proxy: the node that gave cursor "
              + cursor
              + " is gone or was restarted; begin again with cursor 0");
    }
    return toReplica(
        lane.targets().get(node), arguments.with(index, Long.toString(cursor & CURSOR_MASK)));
  }

  private Sending toReplica(Target target, List<byte[]> words) {
    return new Sending(
        target,
        new CursorRun(session, target, tag(target.node(), session.lane().epoch(target.node()))),
        Resp.request(session.allocator(), words),
        null);
  }

  private static long tag(int node, int epoch) {
    return (long) epoch << NODE_BITS | node;
  }

  private static boolean isCursor(String text) {
    return text.length() <= MAX_DIGITS && text.matches("\\d+");
  }
}
