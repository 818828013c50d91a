package io.redisproxy.topology;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How far the replicas of a group are behind its master, by what the probes find, for people to
 * see. A replica that answers no more falls behind all the same: from where it was last seen. Any
 * thread may ask.
 */
public final class ReplicationLag {
  /** Where the master was at a time. */
  private record Mark(long offset, long time) {}

  private record Place(String history, long offset) {}

  /** Of a probe each second, so that a lag of up to ten minutes is told right. */
  private static final int MARKS = 600;

  private final LongSupplier clock;

  /** Ascending, all of one history; only those at which the master had gone on. */
  private final Deque<Mark> marks = new ArrayDeque<>();

  private final Map<Integer, Place> places = new HashMap<>();
  private String history;

  ReplicationLag(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * The master is behind nobody.
   *
   * @param offset how much it has of that history; -1 if it doesn't say
   */
  synchronized void onMaster(int node, String itsHistory, long offset) {
    onReplica(node, itsHistory, offset);
    boolean begins = itsHistory == null || !itsHistory.equals(history);
    if (begins || (!marks.isEmpty() && offset < marks.peekLast().offset())) {
      marks.clear();
    }
    history = itsHistory;
    if (marks.isEmpty() || offset > marks.peekLast().offset()) {
      if (marks.size() == MARKS) {
        marks.removeFirst();
      }
      marks.addLast(new Mark(offset, clock.getAsLong()));
    }
  }

  /** As {@link #onMaster}. */
  synchronized void onReplica(int node, String itsHistory, long offset) {
    places.put(node, new Place(itsHistory, offset));
  }

  /** What of the master's data a replica has not; not a number while that can't be told. */
  public synchronized double bytes(int node) {
    Place place = places.get(node);
    return isComparable(place)
        ? Math.max(0, marks.peekLast().offset() - place.offset())
        : Double.NaN;
  }

  /** For how long the master has had what the replica has not, with the resolution of probes. */
  public synchronized double seconds(int node) {
    Place place = places.get(node);
    if (!isComparable(place)) {
      return Double.NaN;
    }
    for (Mark mark : marks) {
      if (mark.offset() > place.offset()) {
        long nanos = clock.getAsLong() - mark.time();
        return nanos / (double) TimeUnit.SECONDS.toNanos(1);
      }
    }
    return 0;
  }

  private boolean isComparable(Place place) {
    return place != null
        && place.offset() >= 0
        && place.history() != null
        && place.history().equals(history)
        && !marks.isEmpty();
  }
}
