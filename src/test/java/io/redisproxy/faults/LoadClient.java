package io.redisproxy.faults;

import io.redisproxy.faults.NumberedList.Outcome;
import io.redisproxy.faults.NumberedList.Write;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** One of the {@link LoadClients}: a connection, and what its replies have to be. */
final class LoadClient implements Runnable {
  private static final int PIPELINED = 8;

  private final int port;
  private final boolean writes;
  private final BooleanSupplier goesOn;
  private final LoadTally tally;
  private final NumberedList list;
  private final Timeline readTimes;
  private final Timeline writeTimes;
  private RawClient client;
  private int number;
  private long appendedAt;
  private final AtomicInteger acknowledged = new AtomicInteger();

  LoadClient(
      int port, String key, boolean writes, long begin, BooleanSupplier goesOn, LoadTally tally) {
    this.port = port;
    this.writes = writes;
    this.goesOn = goesOn;
    this.tally = tally;
    list = new NumberedList(key);
    readTimes = new Timeline(begin);
    writeTimes = new Timeline(begin);
  }

  boolean writes() {
    return writes;
  }

  /** How many of its writes were acknowledged so far. */
  int acknowledged() {
    return acknowledged.get();
  }

  /** To be asked when it has ended, as are the times. */
  NumberedList list() {
    return list;
  }

  Timeline readTimes() {
    return readTimes;
  }

  Timeline writeTimes() {
    return writeTimes;
  }

  @Override
  public void run() {
    try (RawClient connection = new RawClient(port)) {
      client = connection;
      while (goesOn.getAsBoolean()) {
        readFixed(1);
        readFixed(PIPELINED);
        if (writes) {
          append();
          mix();
        }
      }
    } catch (IOException | RuntimeException e) {
      tally.disconnected.add(list.key() + ": " + e);
    }
  }

  private void readFixed(int count) throws IOException {
    int first = ThreadLocalRandom.current().nextInt(LoadClients.KEYS - count + 1);
    for (int i = 0; i < count; i++) {
      client.sendCommand("GET", LoadClients.key(first + i));
    }
    for (int i = 0; i < count; i++) {
      expect(LoadClients.value(first + i));
    }
  }

  private void append() throws IOException {
    boolean sure = tally.isSure();
    sendAppend();
    if (readAppended() == Outcome.ACKNOWLEDGED) {
      client.sendCommand("LINDEX", list.key(), "-1");
      expectLast(sure);
    } else {
      // As a client would that is told that there is no master.
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
  }

  /** Reads of several nodes and a write in one go. */
  private void mix() throws IOException {
    boolean sure = tally.isSure();
    // Not GET, by which can be told what else the master serves.
    client.sendCommand("GETRANGE", LoadClients.key(1), "0", "-1");
    sendAppend();
    client.sendCommand("GETRANGE", LoadClients.key(2), "0", "-1");
    client.sendCommand("LINDEX", list.key(), "-1");
    client.sendCommand("MGET", LoadClients.key(3), LoadClients.key(4));
    expect(LoadClients.value(1));
    Outcome outcome = readAppended();
    expectBehindWrite(LoadClients.value(2));
    if (outcome == Outcome.ACKNOWLEDGED) {
      expectLast(sure);
    } else {
      read();
    }
    expectBehindWrite(List.of(LoadClients.value(3), LoadClients.value(4)));
  }

  private void sendAppend() throws IOException {
    number++;
    appendedAt = System.nanoTime();
    client.sendCommand("RPUSH", list.key(), Integer.toString(number));
  }

  private Outcome readAppended() throws IOException {
    Outcome outcome = Outcome.OPEN;
    try {
      outcome = Outcome.of(read());
    } finally {
      list.add(new Write(number, appendedAt, System.nanoTime(), outcome));
    }
    if (outcome == Outcome.ACKNOWLEDGED) {
      acknowledged.incrementAndGet();
      tally.writes.increment();
      writeTimes.onServed(System.nanoTime());
    } else {
      tally.failedWrites.increment();
    }
    return outcome;
  }

  /** The number that was acknowledged is the last one, if it can't have been lost. */
  private void expectLast(boolean sure) throws IOException {
    Object reply = read();
    if (reply instanceof RedisError error) {
      tally.failedBehindWrites.add(error.message());
    } else if (sure && tally.isSure() && !Integer.toString(number).equals(reply)) {
      tally.wrong.add(list.key() + ": " + reply + " in place of " + number);
    } else {
      onRead();
    }
  }

  private void expect(Object expected) throws IOException {
    expect(expected, tally.failedReads);
  }

  /** It may have to share the fate of the write. */
  private void expectBehindWrite(Object expected) throws IOException {
    expect(expected, tally.failedBehindWrites);
  }

  private void expect(Object expected, Queue<String> failures) throws IOException {
    Object reply = read();
    if (reply instanceof RedisError error) {
      failures.add(error.message());
    } else if (expected.equals(reply)) {
      onRead();
    } else {
      tally.wrong.add("got " + reply + " where " + expected + " was to come");
    }
  }

  private void onRead() {
    tally.reads.increment();
    readTimes.onServed(System.nanoTime());
  }

  private Object read() throws IOException {
    long asked = System.nanoTime();
    Object reply = client.readText();
    tally.longestWait.accumulate(System.nanoTime() - asked);
    return reply;
  }
}
