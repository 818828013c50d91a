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
import java.util.List;
import java.util.Queue;

/**
 * The slots of a request's keys in the table of writes. One object serves all requests to a
 * listener on an event loop, one after the other.
 */
public final class KeySlots {
  /** A request with more keys counts as one of all keys. */
  private static final int MANY = 4096;

  /** What {@link #neededWhatever} returns if it has to be asked key by key. */
  static final long DEPENDS_ON_KEYS = -1;

  private static final int[] ALL = {WriteTable.ALL};

  private final GroupConsistency consistency;
  private final boolean holdsReads;
  private final WriteTable table;
  private final LoopWrites writes;
  private final Queue<WrittenSlots> unused = new ArrayDeque<>();
  private final ArgumentCursor cursor = new ArgumentCursor();

  /** Walks over requests that were sent. */
  private final RequestDecoder sent = new RequestDecoder(Long.MAX_VALUE);

  /** Those of the request at hand. */
  private final SlotList found = new SlotList();

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
    long whatever = neededWhatever(command);
    if (whatever != DEPENDS_ON_KEYS) {
      return whatever;
    }
    find(command, session, in, from, end);
    return needed();
  }

  /**
   * The same for reads with any keys, where all that was written is everywhere; else {@link
   * #DEPENDS_ON_KEYS}.
   */
  long neededWhatever(Command command) {
    if (!needsAny(command)) {
      return 0;
    }
    writes.onRead();
    long most = table.neededByAny();
    return most <= consistency.reachedByAll() ? most : DEPENDS_ON_KEYS;
  }

  private boolean needsAny(Command read) {
    return holdsReads && KeyUse.of(read) != KeyUse.NONE;
  }

  private long needed() {
    long needed = 0;
    for (int i = 0; i < found.size(); i++) {
      int slot = found.get(i);
      needed = Math.max(needed, slot == WriteTable.ALL ? table.neededByAny() : table.needed(slot));
    }
    return needed;
  }

  /** The same for a request that is not in the client's bytes. */
  long neededBy(Command command, Session session, List<byte[]> words) {
    if (!needsAny(command)) {
      return 0;
    }
    ByteBuf request = Resp.request(session.allocator(), words);
    found.clear();
    if (KeyUse.of(command) == KeyUse.ANY) {
      found.addAnyKey();
    } else {
      find(KeyUse.of(command), command, databaseOf(session), request, 0, found);
    }
    request.release();
    return needed();
  }

  /** What requests read that were sent: those between two indices. */
  SlotList readBy(ByteBuf requests, int from, int end, int database) {
    SlotList read = new SlotList();
    for (int at = from; at < end && !read.hasAll(); at = sent.end()) {
      if (sent.next(requests, at) == RequestDecoder.Result.REQUEST) {
        addRead(requests, at, database, read);
      }
    }
    return read;
  }

  private void addRead(ByteBuf requests, int from, int database, SlotList read) {
    Command command = CommandTable.lookup(sent);
    if (command.isContainer()) {
      command = CommandTable.find(Resp.arguments(requests, from));
    }
    KeyUse use = KeyUse.of(command);
    if (use == KeyUse.ANY) {
      read.addAnyKey();
    } else if (use == KeyUse.FIRST && sent.hasPlainArgument()) {
      read.add(firstSlot(sent, database, requests));
    } else if (use != KeyUse.NONE) {
      find(use, command, database, requests, from, read);
    }
  }

  /** Whether the reads of a listener see what was written before them, and nothing else. */
  boolean holdsReads() {
    return holdsReads;
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

  /** What a write may change; until the next request is looked at. */
  SlotList written(Command command, Session session, ByteBuf in, int from, int end) {
    find(command, session, in, from, end);
    return found;
  }

  /** The same of one that doesn't wait for others; any key while nobody reads. */
  SlotList writtenOrAnyKey(Command command, Session session, ByteBuf in, int from, int end) {
    // Scripts are looked at in any case: they may be called by their digests later.
    if (table.hasReaders()
        || session.replies().awaitsReads()
        || KeyFinder.SCRIPTS.contains(command)) {
      return written(command, session, in, from, end);
    }
    found.clear();
    found.addAnyKey();
    return found;
  }

  /** The same for a request of which only the beginning has come. */
  void addWrittenByLarge(
      WrittenSlots to, Command command, Session session, ByteBuf in, int from, int end) {
    if (!addFirstKey(command, session, in, from, end, to.slots())) {
      to.slots().addAnyKey();
    }
  }

  /** Slots for requests that count as in flight or not: see {@link WrittenSlots#counting}. */
  WrittenSlots newSlots(boolean counted) {
    WrittenSlots used = unused.poll();
    return (used == null ? new WrittenSlots(writes, unused) : used).counting(counted);
  }

  private void find(Command command, Session session, ByteBuf in, int from, int end) {
    found.clear();
    KeyUse use = KeyUse.of(command);
    if (use == KeyUse.ANY || use == KeyUse.NONE) {
      found.addAnyKey();
      return;
    }
    RequestDecoder decoder = session.decoder();
    if (use == KeyUse.FIRST && decoder.hasPlainArgument()) {
      found.add(firstSlot(decoder, databaseOf(session), in));
      return;
    }
    if (!decoder.isSplit()) {
      find(use, command, databaseOf(session), in, from, found);
      return;
    }
    ByteBuf whole = Requests.whole(session, in, from, end);
    find(use, command, databaseOf(session), whole, whole.readerIndex(), found);
    whole.release();
  }

  /** The slot of the key behind the name of a request that was just decoded. */
  private int firstSlot(RequestDecoder decoder, int database, ByteBuf in) {
    return table.slot(database, in, decoder.argumentAt(in), decoder.argumentLength(in));
  }

  private static int databaseOf(Session session) {
    return session.lane().identity().database();
  }

  private void find(
      KeyUse use, Command command, int database, ByteBuf whole, int from, SlotList to) {
    boolean few =
        use == KeyUse.FIRST || use == KeyUse.FIXED
            ? addFixed(command, database, whole, from, to)
            : addMovable(command, database, Resp.arguments(whole, from), to);
    if (!few) {
      to.addAnyKey();
    }
  }

  /** False if there are too many. */
  private boolean addFixed(Command command, int database, ByteBuf whole, int from, SlotList to) {
    cursor.start(whole, from);
    int arguments = cursor.left();
    int last = command.lastKey() < 0 ? arguments + command.lastKey() : command.lastKey();
    int next = command.firstKey();
    if ((last - next) / command.keyStep() >= MANY) {
      return false;
    }
    for (int i = 0; i <= last && cursor.next(); i++) {
      if (i == next) {
        to.add(table.slot(database, whole, cursor.position(), cursor.length()));
        next += command.keyStep();
      }
    }
    return true;
  }

  /** False if there are too many, or not all are named. */
  private boolean addMovable(Command command, int database, List<byte[]> request, SlotList to) {
    int[] keys = KeyFinder.find(command, request);
    if (KeyFinder.touchesOtherKeys(command, request, keys) || keys.length > MANY) {
      return false;
    }
    for (int key : keys) {
      to.add(table.slot(database, request.get(key)));
    }
    return true;
  }

  /** Adds the only key of a command such as SET, if it has come. */
  private boolean addFirstKey(
      Command command, Session session, ByteBuf in, int from, int end, SlotList to) {
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
      to.add(table.slot(databaseOf(session), begun, cursor.position(), cursor.length()));
      return true;
    } catch (IndexOutOfBoundsException e) {
      return false;
    } finally {
      begun.release();
    }
  }
}
