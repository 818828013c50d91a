package io.redisproxy.faults;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** What all {@link LoadClients} have seen together. */
final class LoadTally {
  /** Right replies to reads. */
  final LongAdder reads = new LongAdder();

  /** Writes that were acknowledged. */
  final LongAdder writes = new LongAdder();

  final LongAdder failedWrites = new LongAdder();

  /** Errors of reads that can't have needed a write that failed. */
  final Queue<String> failedReads = new ConcurrentLinkedQueue<>();

  /** Errors of reads of what the client has just written, or in a pipeline behind a write. */
  final Queue<String> failedBehindWrites = new ConcurrentLinkedQueue<>();

  /** Replies that are not what they had to be. */
  final Queue<String> wrong = new ConcurrentLinkedQueue<>();

  /** Clients whose connection ended. */
  final Queue<String> disconnected = new ConcurrentLinkedQueue<>();

  final LongAccumulator longestWait = new LongAccumulator(Math::max, 0);

  private volatile boolean unsure;

  /** Whether what is acknowledged can't be lost. */
  boolean isSure() {
    return !unsure;
  }

  void unsure(boolean may) {
    unsure = may;
  }
}
