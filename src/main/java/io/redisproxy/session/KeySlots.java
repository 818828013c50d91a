package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandTable;
import io.redisproxy.command.KeyFinder;
import io.redisproxy.command.KeyUse;
import io.redisproxy.consistency.GroupConsistency;
import io.redisproxy.consistency.LoopWrites;
import io.redisproxy.consistency.WriteTable;
import io.redisproxy.resp.ArgumentCursor;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

/**
 * The slots of a request's keys in the table of writes. One object serves all requests to a
 * listener on an event loop, one after the other.
 */
public final class KeySlots {
  /** A request with more keys counts as one of all keys. */
  private static final int MANY = 4096;

  private static final int[] ALL = {WriteTable.ALL};

  private final GroupConsistency consistency;
  private final boolean holdsReads;
  private final WriteTable table;
  private final LoopWrites writes;
  private final Queue<WrittenSlots> unused = new ArrayDeque<>();
  private final ArgumentCursor cursor = new ArgumentCursor();
  private int[] slots = new int[16];
  private int count;

  /**
   * {@code writes}: the event loop's part of the table.
   *
   * @param holdsReads whether this listener's own reads are held to what was written; if not, it
   *     notes what is written for others with the same master
   */
  public KeySlots(GroupConsistency consistency, LoopWrites writes, boolean holdsReads) {
    this.consistency = consistency;
    this.writes = writes;
    this.holdsReads = holdsReads;
    table = consistency.table();
  }

  /** The round that a replica must have reached for a read; see {@link WriteTable#needed}. */
  long neededBy(Command command, Session session, ByteBuf in, int from, int end) {
    if (!needsAny(command)) {
      return 0;
    }
    writes.onRead();
    long most = table.neededByAny();
    if (most <= consistency.reachedByAll()) {
      // All that was written is everywhere, whatever the keys are.
      return most;
    }
    find(command, session, in, from, end);
    return needed();
  }

  private boolean needsAny(Command read) {
    return holdsReads && KeyUse.of(read) != KeyUse.NONE;
  }

  private long needed() {
    long needed = 0;
    for (int i = 0; i < count; i++) {
      needed =
          Math.max(
              needed, slots[i] == WriteTable.ALL ? table.neededByAny() : table.needed(slots[i]));
    }
    return needed;
  }

  /** The same for a request that is not in the client's bytes. */
  long neededBy(Command command, Session session, List<byte[]> words) {
    if (!needsAny(command)) {
      return 0;
    }
    ByteBuf request = Resp.request(session.allocator(), words);
    count = 0;
    if (KeyUse.of(command) == KeyUse.ANY) {
      add(WriteTable.ALL);
    } else {
      find(KeyUse.of(command), command, databaseOf(session), request, 0);
    }
    request.release();
    return needed();
  }

  /** Whether a request, which begins at {@code from}, has keys that these slots are of. */
  boolean areAnyOf(WrittenSlots written, int database, ByteBuf whole, int from) {
    Command command = CommandTable.find(Resp.arguments(whole, from));
    KeyUse use = KeyUse.of(command);
    count = 0;
    if (use == KeyUse.ANY) {
      add(WriteTable.ALL);
    } else if (use != KeyUse.NONE) {
      find(use, command, database, whole, from);
    }
    for (int i = 0; i < count; i++) {
      if (written.has(slots[i])) {
        return true;
      }
    }
    return false;
  }

  /** The same for a read whose keys are not known. */
  long neededByAny() {
    if (!holdsReads) {
      return 0;
    }
    writes.onRead();
    return table.neededByAny();
  }

  /** The round that covers all writes that are acknowledged by now, of any key. */
  long acknowledged() {
    return table.acknowledgedByAny();
  }

  /** Replies have come to requests that may have changed anything. */
  void markAll() {
    writes.mark(ALL, 1);
  }

  /** Requests that may change anything have lost their connection. */
  void markAllLost() {
    writes.markLost(ALL, 1);
  }

  /** Adds what a request may change to the slots; nothing if it changes no data. */
  void addWritten(
      WrittenSlots to, Command command, Session session, ByteBuf in, int from, int end) {
    find(command, session, in, from, end);
    addAll(to);
  }

  /** The same for one that is sent and answered without waiting for others. */
  void addSent(WrittenSlots to, Command command, Session session, ByteBuf in, int from, int end) {
    if (table.hasReaders()) {
      addWritten(to, command, session, in, from, end);
    } else {
      to.addAll();
    }
  }

  /** The same for a request of which only the beginning has come. */
  void addWrittenByLarge(
      WrittenSlots to, Command command, Session session, ByteBuf in, int from, int end) {
    count = 0;
    if (!findFirstKey(command, session, in, from, end)) {
      add(WriteTable.ALL);
    }
    addAll(to);
  }

  /** Slots for requests that count as in flight or not: see {@link WrittenSlots#counting}. */
  WrittenSlots newSlots(boolean counted) {
    WrittenSlots used = unused.poll();
    return (used == null ? new WrittenSlots(writes, unused) : used).counting(counted);
  }

  private void addAll(WrittenSlots to) {
    for (int i = 0; i < count; i++) {
      to.add(slots[i]);
    }
  }

  private void find(Command command, Session session, ByteBuf in, int from, int end) {
    count = 0;
    KeyUse use = KeyUse.of(command);
    if (use == KeyUse.ANY || use == KeyUse.NONE) {
      add(WriteTable.ALL);
      return;
    }
    RequestDecoder decoder = session.decoder();
    if (use == KeyUse.FIRST && decoder.hasPlainArgument()) {
      int database = databaseOf(session);
      add(table.slot(database, in, decoder.argumentAt(in), decoder.argumentLength(in)));
      return;
    }
    if (!decoder.isSplit()) {
      find(use, command, databaseOf(session), in, from);
      return;
    }
    ByteBuf whole = Requests.whole(session, in, from, end);
    find(use, command, databaseOf(session), whole, whole.readerIndex());
    whole.release();
  }

  private static int databaseOf(Session session) {
    return session.lane().identity().database();
  }

  private void find(KeyUse use, Command command, int database, ByteBuf whole, int from) {
    if (use == KeyUse.FIRST || use == KeyUse.FIXED) {
      findFixed(command, database, whole, from);
    } else {
      findMovable(command, database, Resp.arguments(whole, from));
    }
    if (count > MANY) {
      count = 0;
      add(WriteTable.ALL);
    }
  }

  private void findFixed(Command command, int database, ByteBuf whole, int from) {
    cursor.start(whole, from);
    int arguments = cursor.left();
    int last = command.lastKey() < 0 ? arguments + command.lastKey() : command.lastKey();
    int next = command.firstKey();
    for (int i = 0; i <= last && cursor.next(); i++) {
      if (i == next) {
        add(table.slot(database, whole, cursor.position(), cursor.length()));
        next += command.keyStep();
      }
    }
  }

  private void findMovable(Command command, int database, List<byte[]> request) {
    if (KeyFinder.touchesOtherKeys(command, request)) {
      add(WriteTable.ALL);
      return;
    }
    for (int key : KeyFinder.find(command, request)) {
      add(table.slot(database, request.get(key)));
    }
  }

  /** Finds the only key of a command such as SET, if it has come. */
  private boolean findFirstKey(Command command, Session session, ByteBuf in, int from, int end) {
    if (KeyUse.of(command) != KeyUse.FIRST) {
      return false;
    }
    ByteBuf begun = session.partial().viewWith(in, from, end);
    try {
      cursor.start(begun, 0);
      cursor.next();
      if (!cursor.next()) {
        return false;
      }
      add(table.slot(databaseOf(session), begun, cursor.position(), cursor.length()));
      return true;
    } catch (IndexOutOfBoundsException e) {
      return false;
    } finally {
      begun.release();
    }
  }

  private void add(int slot) {
    if (count == slots.length) {
      slots = Arrays.copyOf(slots, 2 * count);
    }
    slots[count++] = slot;
  }
}
