package io.redisproxy.consistency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/**
 * Many threads write, read and sample through one table, with a master and a replica that are
 * nothing but offsets: a write is the master's next offset, and the replica has it when it is as
 * far.
 */
class WriteTableRaceTest {
  private static final int KEYS = 64;
  private static final int WRITES = 200_000;
  private static final int WRITERS = 3;
  private static final int READERS = 2;

  private final WriteTable table = new WriteTable();
  private final AtomicLong master = new AtomicLong();
  private final AtomicLong replica = new AtomicLong();
  private final AtomicLong reached = new AtomicLong(-1);

  /** The offset of the last write of each key that its client knows of. */
  private final AtomicLongArray acknowledged = new AtomicLongArray(KEYS);

  private final AtomicLong replicaReads = new AtomicLong();
  private final AtomicLong stale = new AtomicLong();
  private final AtomicBoolean over = new AtomicBoolean();

  @Test
  void noReplicaIsReadFromBetweenAnAcknowledgementAndItsArrival() throws Exception {
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      writers.add(start(this::write));
    }
    List<Thread> others = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      others.add(start(() -> repeat(this::read)));
    }
    others.add(start(() -> repeat(this::sample)));
    for (Thread writer : writers) {
      writer.join();
    }
    await().until(() -> replicaReads.get() > 0);
    over.set(true);
    for (Thread other : others) {
      other.join();
    }

    assertThat(stale).hasValue(0);
    assertThat(table.neededByAny()).isLessThan(WriteTable.IN_FLIGHT);
  }

  private void write() {
    LoopWrites writes = table.newPart();
    int[] slots = new int[1];
    for (int i = 0; i < WRITES; i++) {
      int key = ThreadLocalRandom.current().nextInt(KEYS);
      slots[0] = key;
      writes.begin(slots, 1);
      long offset = master.incrementAndGet();
      writes.end(slots, 1);
      acknowledged.accumulateAndGet(key, offset, Math::max);
    }
  }

  private void read() {
    int key = ThreadLocalRandom.current().nextInt(KEYS);
    long known = acknowledged.get(key);
    if (table.needed(key) <= reached.get()) {
      replicaReads.incrementAndGet();
      if (replica.get() < known) {
        stale.incrementAndGet();
      }
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // It may go on at once, too.
  private void sample() {
    long round = table.startRound();
    long offset = master.get();
    replica.set(offset);
    reached.set(round);
    // Time in which the replica is behind.
    Thread.yield();
  }

  private void repeat(Runnable step) {
    while (!over.get()) {
      step.run();
    }
  }

  private static Thread start(Runnable task) {
    Thread thread = new Thread(task, "race");
    thread.start();
    return thread;
  }
}
