package io.redisproxy.session;

import io.redisproxy.metrics.TimeSpent;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The last requests of a listener that took long, as a server keeps its own. All event loops write
 * to it and any may ask; that is no matter, as what is slow is rare, and see {@link LoopInsight}.
 */
public final class SlowLog {

  /**
   * A run of requests that took long.
   *
   * @param time when its last reply had come, in seconds since 1970
   * @param command that of its first request
   * @param key that one's first key, shortened; null if it has none, or none at a fixed place
   * @param client its address
   * @param name what the client has called itself; null if nothing
   * @param micros where its time went, in microseconds
   */
  public record Entry(
      long id,
      long time,
      String command,
      String key,
      int requests,
      String client,
      byte[] name,
      String node,
      TimeSpent micros) {
    Entry withId(long given) {
      return new Entry(given, time, command, key, requests, client, name, node, micros);
    }
  }

  private final int capacity;

  /** The latest first. */
  private final Deque<Entry> entries = new ArrayDeque<>();

  private long nextId;

  SlowLog(int capacity) {
    this.capacity = capacity;
  }

  /** Adds an entry, whose id is given here. */
  synchronized void add(Entry entry) {
    if (entries.size() == capacity) {
      entries.removeLast();
    }
    entries.addFirst(entry.withId(nextId++));
  }

  /** The latest entries, the last one first. */
  synchronized List<Entry> latest(long count) {
    return entries.stream().limit(count).toList();
  }

  synchronized int length() {
    return entries.size();
  }

  synchronized void reset() {
    entries.clear();
  }
}
