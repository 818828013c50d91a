package io.redisproxy.session;

import io.redisproxy.consistency.LoopWrites;
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
  private final SlotList slots = new SlotList();
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

  /** What the requests may change. */
  SlotList slots() {
    return slots;
  }

  /** The requests are about to be sent. */
  void sent() {
    if (counted) {
      writes.begin(slots.array(), slots.size());
    }
  }

  /** The last reply has come and not gone on to the client. */
  void over() {
    if (counted) {
      writes.end(slots.array(), slots.size());
    } else {
      writes.mark(slots.array(), slots.size());
    }
  }

  /** The connection is lost. */
  void lost() {
    if (counted) {
      writes.lose(slots.array(), slots.size());
    } else {
      writes.markLost(slots.array(), slots.size());
    }
  }

  /** Nobody has to know any more what was written. */
  void retire() {
    slots.clear();
    if (slots.array().length <= FEW) {
      unused.offer(this);
    }
  }
}
