package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.resp.ArgumentCursor;
import io.redisproxy.resp.Resp;
import java.util.List;

/**
 * Sends SCAN and its kin to the node that gave the cursor, over whichever connection it comes back:
 * the node travels in the cursor. A cursor means something only in the process that gave it, since
 * it counts the buckets of its hash tables, which each process orders by a seed of its own.
 *
 * <p>From the lowest bit: 36 bits of the node's own cursor, 5 of the node's index, 12 of its run
 * id. It stays below 2^53, which is as far as JavaScript counts. Cursors of the master are as it
 * gave them.
 */
final class Cursors {
  static final int CURSOR_BITS = 36;
  static final int NODE_BITS = 5;
  private static final long CURSOR_MASK = (1L << CURSOR_BITS) - 1;
  private static final int NODE_MASK = (1 << NODE_BITS) - 1;

  /** 53 bits at the most, in decimal. */
  private static final int MAX_DIGITS = 16;

  static final String IN_TRANSACTION =
      "ERR redis-proxy: a transaction runs at the master, and another node gave this cursor";

  static final String TOO_LARGE =
      "ERR redis-proxy: so large a request goes to the master, and another node gave this cursor";

  static final String BEHIND =
      "ERR redis-proxy: the node that gave this cursor is too far behind; begin again with cursor 0";

  private final Session session;
  private final RunSender sender;
  private final SharedRequests shared;
  private final WithheldRequests withheld;

  Cursors(Session session, RunSender sender, SharedRequests shared, WithheldRequests withheld) {
    this.session = session;
    this.sender = sender;
    this.shared = shared;
    this.withheld = withheld;
  }

  /** Whether it has a cursor that a replica gave. */
  static boolean isMarked(Command command, RequestArguments arguments) {
    int index = index(command);
    return arguments.count() > index && isMarked(arguments.text(index));
  }

  /** The same for a large request, whose beginning the arguments are in. */
  static boolean isMarked(Command command, ArgumentCursor arguments) {
    try {
      boolean whole = true;
      for (int i = 0; i <= index(command) && whole; i++) {
        whole = arguments.next() && arguments.isWhole();
      }
      return whole && arguments.length() <= MAX_DIGITS && isMarked(Resp.text(arguments.bytes()));
    } catch (IndexOutOfBoundsException e) {
      // It has not come, since the key is large, so that all of the iteration is at the master.
      return false;
    }
  }

  boolean onRequest(Command command, ByteBuf in, int from, int end) {
    RequestArguments arguments = Requests.arguments(session, in, from, end);
    long needed = shared.needed(command, in, from, end);
    CatchingUp.Outcome waited = withheld.takeCaughtUp();
    int index = index(command);
    long cursor = hasCursor(arguments, index) ? Long.parseLong(arguments.text(index)) : -1;
    if (cursor == 0) {
      return begin(command, arguments, needed, in, from, end);
    }
    if (cursor < 0 || cursor >>> CURSOR_BITS == 0) {
      return shared.addAtMaster(command, in, from, end);
    }
    Target giver = giver(cursor);
    if (giver == null) {
      return refuse(
          "ERR redis-proxy: the node that gave cursor "
              + cursor
              + " is gone or was restarted; begin again with cursor 0",
          in,
          from,
          end);
    }
    if (waited != CatchingUp.Outcome.REACHED && !session.lane().hasReached(giver.node(), needed)) {
      return waited == null ? withheld.catchUp(giver, in, from) : refuse(BEHIND, in, from, end);
    }
    return send(giver, arguments.with(index, Long.toString(cursor & CURSOR_MASK)), false, in, from);
  }

  private boolean refuse(String error, ByteBuf in, int from, int end) {
    return withheld.reply(Resp.error(error), in, from, end);
  }

  /**
   * Where {@link #onRequest} would send the request, and why; {@code read}: where any read goes.
   */
  Explain.Decision explain(Command command, RequestArguments arguments, Explain.Decision read) {
    int index = index(command);
    Target master = session.lane().forWrite();
    if (!hasCursor(arguments, index)) {
      return new Explain.Decision(master, "it has no cursor");
    }
    long cursor = Long.parseLong(arguments.text(index));
    if (cursor == 0) {
      return read.target().isMaster() || canMark(read.target())
          ? read
          : new Explain.Decision(
              master, "an iteration begins, but cursors of replicas are not known");
    }
    if (cursor >>> CURSOR_BITS == 0) {
      return new Explain.Decision(master, "the cursor is the master's");
    }
    Target giver = giver(cursor);
    return giver == null
        ? new Explain.Decision(null, "the node that gave the cursor is gone or was restarted")
        : new Explain.Decision(giver, "it gave the cursor");
  }

  private static int index(Command command) {
    return command == Command.SCAN ? 1 : 2;
  }

  /** {@code needed}: how far a replica must be that the iteration begins at. */
  private boolean begin(
      Command command, RequestArguments arguments, long needed, ByteBuf in, int from, int end) {
    Target target = sender.targetForRead(needed);
    return target.isMaster() || !canMark(target) || target.connection() == null
        ? shared.addAtMaster(command, in, from, end)
        : send(target, arguments.words(), true, in, from);
  }

  /** Whether a cursor can tell that it is this replica's. */
  private boolean canMark(Target target) {
    return target.node() <= NODE_MASK && session.lane().epoch(target.node()) != 0;
  }

  /** The replica that gave the cursor, or null when it is not what or where it was then. */
  private Target giver(long cursor) {
    long tag = cursor >>> CURSOR_BITS;
    int node = (int) tag & NODE_MASK;
    Lane lane = session.lane();
    boolean known = lane.epoch(node) != 0 && tag == tag(node, lane.epoch(node));
    return known && lane.isReadable(node) && lane.isConnected(node) ? lane.target(node) : null;
  }

  /** {@code begins}: whether the request has no cursor of the replica's yet. */
  private boolean send(Target replica, List<byte[]> words, boolean begins, ByteBuf in, int from) {
    long tag = tag(replica.node(), session.lane().epoch(replica.node()));
    sender.sendInstead(
        new CursorRun(session, replica, tag, begins),
        true,
        replica.connection(),
        Resp.request(session.allocator(), words),
        in,
        from);
    return true;
  }

  private static long tag(int node, int epoch) {
    return (long) epoch << NODE_BITS | node;
  }

  private static boolean hasCursor(RequestArguments arguments, int index) {
    return arguments.count() > index && isCursor(arguments.text(index));
  }

  private static boolean isMarked(String text) {
    return isCursor(text) && Long.parseLong(text) >>> CURSOR_BITS != 0;
  }

  private static boolean isCursor(String text) {
    return text.length() <= MAX_DIGITS && text.matches("\\d+");
  }
}
