package io.redisproxy.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.faults.NumberedList.Outcome;
import io.redisproxy.faults.NumberedList.Write;
import io.redisproxy.fixture.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Clients that read and write as fast as they are answered, and know what each reply has to be: the
 * value of a key that nobody changes, or the number that the client has appended last to a list of
 * its own. So every reply tells whether it is the right one, at its place. One in five only reads.
 */
final class LoadClients implements AutoCloseable {
  /** Keys that {@link #fill} sets. */
  static final int KEYS = 200;

  private static final int PADDING = 300;
  private static final int READERS = 5;

  private final List<LoadClient> clients = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final LoadTally tally = new LoadTally();
  private final long begunAt = System.nanoTime();
  private volatile boolean stopped;

  /** {@code name}: no other clients of the servers may have it. */
  LoadClients(String name, int count, TestProxy proxy) {
    for (int i = 0; i < count; i++) {
      clients.add(
          new LoadClient(
              proxy.port(), name + ":" + i, i % READERS != 0, begunAt, () -> !stopped, tally));
    }
    clients.forEach(client -> threads.add(new Thread(client, client.list().key())));
    threads.forEach(Thread::start);
  }

  /** Sets what the clients read; before they begin. */
  static void fill(TestProxy proxy) throws IOException {
    try (RawClient client = proxy.connect()) {
      for (int i = 0; i < KEYS; i++) {
        assertThat(client.call("SET", key(i), value(i))).isEqualTo("OK");
      }
    }
  }

  static String key(int i) {
    return "fixed:" + i;
  }

  static String value(int i) {
    return "value " + i + " " + ".".repeat(i % PADDING);
  }

  /** A time of {@link System#nanoTime}. */
  long begunAt() {
    return begunAt;
  }

  LoadTally tally() {
    return tally;
  }

  /** Waits until so many more reads and writes went well, or a client has gone. */
  void awaitServed(long reads, long writes) {
    long readsBefore = tally.reads.sum();
    long writesBefore = tally.writes.sum();
    await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                !tally.disconnected.isEmpty()
                    || (tally.reads.sum() >= readsBefore + reads
                        && tally.writes.sum() >= writesBefore + writes));
  }

  /** Waits until no client waits for the reply to a write that it has sent before. */
  void awaitLaterWrites() {
    List<Integer> before = clients.stream().map(LoadClient::acknowledged).toList();
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(
            () ->
                !tally.disconnected.isEmpty()
                    || IntStream.range(0, clients.size())
                        .allMatch(
                            i ->
                                !clients.get(i).writes()
                                    || clients.get(i).acknowledged() > before.get(i) + 1));
  }

  /** What the clients wrote; to be asked when they have ended. */
  List<NumberedList> lists() {
    return clients.stream().map(LoadClient::list).toList();
  }

  int writes(Outcome outcome) {
    return lists().stream().mapToInt(list -> list.numbers(outcome).size()).sum();
  }

  /** When the first write was acknowledged of those that were sent later than a time. */
  long firstAcknowledged(long after) {
    return lists().stream()
        .flatMap(list -> list.writes().stream())
        .filter(write -> write.outcome() == Outcome.ACKNOWLEDGED && write.sentAt() - after > 0)
        .mapToLong(Write::answeredAt)
        .min()
        .orElseThrow();
  }

  /** The longest time in which no client read anything; to be asked when they have ended. */
  long millisWithoutReads() {
    return longestGapMillis(LoadClient::readTimes);
  }

  /** The longest time in which no write was acknowledged. */
  long millisWithoutWrites() {
    return longestGapMillis(LoadClient::writeTimes);
  }

  private long longestGapMillis(Function<LoadClient, Timeline> times) {
    Timeline all = new Timeline(0);
    clients.forEach(client -> all.join(times.apply(client)));
    return all.longestGapMillis();
  }

  /** The longest time that a client waited for a reply. */
  long longestWaitMillis() {
    return tally.longestWait.get() / 1_000_000;
  }

  /** Ends the clients. */
  @Override
  public void close() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
