package io.redisproxy.checker;

import io.redisproxy.TestProxy;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;

/**
 * Writes and reads over its connections, keys of its own and those that all share. A write of keys
 * that the proxy can't know keeps all reads from the replicas for a while, so that these come last.
 */
final class CheckingClient implements Callable<Void> {
  private static final List<OwnWay> ALL_WAYS = List.of(OwnWay.values());
  private static final List<OwnWay> WAYS_OF_KNOWN_KEYS =
      ALL_WAYS.stream().filter(way -> !way.isOfAnyKey()).toList();

  /** The part of the time, at its end, in which all ways are gone. */
  private static final int END = 4;

  private final SharedCounters shared;
  private final Random random;
  private final long begin = System.nanoTime();
  private final long end;
  private final Tally tally;
  private final String name;
  private final List<Connections> databases;
  private final Map<String, Deed> last = new HashMap<>();
  private int generation;
  private long written;

  /** {@code name}: no other client may have it. */
  CheckingClient(
      TestProxy proxy, String name, SharedCounters shared, Random random, long end, Tally tally) {
    this.name = name;
    this.shared = shared;
    this.random = random;
    this.end = end;
    this.tally = tally;
    databases = List.of(new Connections(proxy, 0, random), new Connections(proxy, 3, random));
  }

  @Override
  public Void call() throws IOException {
    try {
      while (System.nanoTime() < end) {
        step();
      }
    } finally {
      close();
    }
    return null;
  }

  private void step() throws IOException {
    try {
      switch (random.nextInt(8)) {
        case 0 -> runOwn(databases.get(random.nextInt(databases.size())));
        case 1 -> shared.run(databases.get(0), true, isAtEnd(), random, tally);
        case 2, 3, 4 -> shared.run(databases.get(0), false, false, random, tally);
        default -> readAgain();
      }
    } catch (Deed.FailedException e) {
      startAnew();
    } catch (EOFException | SocketException e) {
      // What a connection of its own held is lost.
      startAnew();
      close();
    }
  }

  /** What a write has done is not known: from now on with other keys. */
  private void startAnew() {
    tally.onError();
    generation++;
    last.clear();
  }

  private boolean isAtEnd() {
    return end - System.nanoTime() < (end - begin) / END;
  }

  private void runOwn(Connections connections) throws IOException, Deed.FailedException {
    List<OwnWay> ways = isAtEnd() ? ALL_WAYS : WAYS_OF_KNOWN_KEYS;
    OwnWay way = ways.get(random.nextInt(ways.size()));
    String prefix = name + ":" + generation + ":" + random.nextInt(8) + ":";
    // Before it writes, since the one before may have had the same keys.
    last.remove(connections.database() + " " + prefix);
    Deed deed = new Deed(connections, random, tally, prefix);
    way.run(deed, Long.toString(++written));
    last.put(connections.database() + " " + prefix, deed);
  }

  private void readAgain() throws IOException {
    if (!last.isEmpty()) {
      List<Deed> all = List.copyOf(last.values());
      all.get(random.nextInt(all.size())).seeAgain();
    }
  }

  private void close() throws IOException {
    for (Connections connections : databases) {
      connections.close();
    }
  }
}
