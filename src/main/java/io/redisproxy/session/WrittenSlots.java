package io.redisproxy.session;

import io.redisproxy.consistency.LoopWrites;
import io.redisproxy.consistency.WriteTable;
import java.util.Arrays;
import java.util.Queue;

/**
 * The slots of the table of writes that some requests may change, until they are over and nothing
 * waits in front of them. It is used again then.
 */
final class WrittenSlots {
  /** A run of more writes than this was a rare one: its memory is not kept. */
  private static final int FEW = 1024;

  private final LoopWrites writes;
  private final Queue<WrittenSlots> unused;
  private int[] slots = new int[16];
  private int count;
  private boolean counted;

  /** {@code unused}: where it goes when the requests are over. */
  WrittenSlots(LoopWrites writes, Queue<WrittenSlots> unused) {
    this.writes = writes;
    this.unused = unused;
  }

  /**
   * {@code count}: whether the requests count as in flight once they are sent. Those that may wait
   * at the node for as long as they like keep no read from the replicas meanwhile.
   */
  WrittenSlots counting(boolean count) {
    counted = count;
    return this;
  }

  /** A request may change what is in the slot. */
  void add(int slot) {
    if (count == slots.length) {
      slots = Arrays.copyOf(slots, 2 * count);
    }
    slots[count++] = slot;
  }

  /** A request may change any key. */
  void addAll() {
    if (count == 0 || slots[count - 1] != WriteTable.ALL) {
      add(WriteTable.ALL);
    }
  }

  /** Whether a request may change what is in the slot. */
  boolean has(int slot) {
    for (int i = 0; i < count; i++) {
      if (slots[i] == slot || slots[i] == WriteTable.ALL || slot == WriteTable.ALL) {
        return true;
      }
    }
    return false;
  }

  /** The requests are about to be sent. */
  void sent() {
    if (counted) {
      writes.begin(slots, count);
    }
  }

  /** The last reply has come and not gone on to the client. */
  void over() {
    if (counted) {
      writes.end(slots, count);
    } else {
      writes.mark(slots, count);
    }
  }

  /** The connection is lost. */
  void lost() {
    if (counted) {
      writes.lose(slots, count);
    } else {
      writes.markLost(slots, count);
    }
  }

  /** Nobody has to know any more what was written. */
  void retire() {
    count = 0;
    if (slots.length <= FEW) {
      unused.offer(this);
    }
  }
}
