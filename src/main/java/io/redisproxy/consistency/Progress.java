package io.redisproxy.consistency;

import io.redisproxy.metrics.RoundMeters;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntPredicate;

/**
 * The last round that each replica of a group has reached, from samples of the master and of the
 * replicas.
 *
 * <p>Offsets are compared within one history only. A replica of another one, or that has lost its
 * master, has reached nothing, and no replica has after another history began: until they are
 * measured anew.
 *
 * <p>What is reached may be read on any thread, all else is for one.
 */
final class Progress {
  /**
   * What a replica has reached that is not in order: it may lack even keys that were not written
   * since the proxy began. Before anything is known of a replica, it has reached round 0.
   */
  static final long NOTHING = -1;

  /** What {@link #onReplica} returns for a replica that is not late. */
  static final long IN_TIME = -1;

  private final RoundMeters meters;
  private final MeasuredRounds measured = new MeasuredRounds();

  /** Made anew when nodes come; written to by one thread only. */
  private volatile AtomicLongArray reached = new AtomicLongArray(0);

  /** The offset that each replica was last seen at. */
  private long[] applied = {};

  /** Null while none is known. */
  private String history;

  /** The last round that all replicas have been seen to have reached, and when one began. */
  private long toldRound;

  private long toldTime = Long.MIN_VALUE;

  Progress(RoundMeters meters) {
    this.meters = meters;
  }

  long reached(int node) {
    AtomicLongArray all = reached;
    return node < all.length() ? all.getAcquire(node) : NOTHING;
  }

  /** The last round that all replicas in order have reached, -1 if there are none. */
  long reachedByAll() {
    AtomicLongArray all = reached;
    long least = Long.MAX_VALUE;
    for (int node = 0; node < all.length(); node++) {
      long each = all.getAcquire(node);
      if (each != NOTHING) {
        least = Math.min(least, each);
      }
    }
    return least == Long.MAX_VALUE ? NOTHING : least;
  }

  /** Nothing is known yet of any of so many nodes. */
  void begin(int nodes) {
    applied = new long[nodes];
    reached = new AtomicLongArray(nodes);
  }

  /** There are so many places for nodes now; those that don't stay are empty, or of others. */
  void follow(int nodes, IntPredicate stays) {
    AtomicLongArray all = new AtomicLongArray(nodes);
    for (int node = 0; node < nodes; node++) {
      all.set(node, stays.test(node) ? reached(node) : NOTHING);
    }
    applied = Arrays.copyOf(applied, nodes);
    reached = all;
  }

  boolean hasHistory() {
    return history != null;
  }

  /** Whether a history is known, and is not this one. */
  boolean isOther(String found) {
    return history != null && !history.equals(found);
  }

  /** No replica has reached anything until another history is known. */
  void forgetAll() {
    history = null;
    measured.clear();
    for (int node = 0; node < reached.length(); node++) {
      forget(node);
    }
  }

  void forget(int replica) {
    reached.setRelease(replica, NOTHING);
  }

  /**
   * The master has told how far it is, after a round began.
   *
   * @return whether that is another history than before
   */
  boolean onMaster(ReplicationSample sample, long round, long startedAt) {
    boolean begins = !sample.history().equals(history) || sample.offset() < measured.newestOffset();
    if (begins) {
      forgetAll();
      history = sample.history();
    }
    measured.add(round, sample.offset(), startedAt);
    return begins;
  }

  /** Whether a replica has only lost its master: it has what it had. */
  boolean isOnlyCutOff(int replica, ReplicationSample sample) {
    return reached.getPlain(replica) != NOTHING
        && sample.isCutOff(history)
        && sample.offset() >= applied[replica];
  }

  boolean isOfThisHistory(ReplicationSample sample) {
    return sample.follows(history);
  }

  /**
   * A replica of this history has told how far it is.
   *
   * @return how late it is, in nanoseconds
   */
  long onReplica(int replica, ReplicationSample sample) {
    long now = Math.max(0, measured.reachedAt(sample.offset()));
    if (sample.offset() >= applied[replica]) {
      // The list of rounds may have been thinned out meanwhile.
      now = Math.max(now, reached.getPlain(replica));
    }
    applied[replica] = sample.offset();
    reached.setRelease(replica, now);
    tellReachedByAll();
    return now < measured.newest() ? System.nanoTime() - measured.timeAfter(now) : IN_TIME;
  }

  private void tellReachedByAll() {
    long all = reachedByAll();
    if (all > toldRound) {
      toldRound = all;
      long now = System.nanoTime();
      measured.eachTime(
          toldTime,
          all,
          time -> {
            meters.onReached(now - time);
            toldTime = time;
          });
    }
  }
}
