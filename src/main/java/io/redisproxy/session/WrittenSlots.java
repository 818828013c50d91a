package io.redisproxy.session;

import io.redisproxy.consistency.WriteTable;
import java.util.Arrays;

/** The slots of the table of writes that some requests may change, until they are over. */
final class WrittenSlots {
  private final WriteTable table;
  private int[] slots = new int[4];
  private int count;
  private boolean begun;

  /**
   * {@code begun}: whether the requests are sent at once. Those that are not, or that may wait at
   * the node for as long as they like, keep no read from the replicas meanwhile.
   */
  WrittenSlots(WriteTable table, boolean begun) {
    this.table = table;
    this.begun = begun;
  }

  /** A request may change what is in the slot; to be called before it can leave. */
  void add(int slot) {
    if (count == slots.length) {
      slots = Arrays.copyOf(slots, 2 * count);
    }
    slots[count++] = slot;
    if (begun) {
      table.begin(slot);
    }
  }

  /** The requests are about to be sent after all. */
  void begin() {
    begun = true;
    for (int i = 0; i < count; i++) {
      table.begin(slots[i]);
    }
  }

  /** The last reply has come and not gone on to the client. */
  void over() {
    for (int i = 0; i < count; i++) {
      if (begun) {
        table.end(slots[i]);
      } else {
        table.mark(slots[i]);
      }
    }
  }

  /** The connection is lost. */
  void lost() {
    for (int i = 0; i < count; i++) {
      if (begun) {
        table.lose(slots[i]);
      } else {
        table.markLost(slots[i]);
      }
    }
  }
}
