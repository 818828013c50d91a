package io.redisproxy;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/**
 * Clients that read and write as fast as they are answered, and know what each reply has to be: the
 * value of a key that nobody changes, or of one that they alone change. So every reply tells
 * whether it is the right one, at its place.
 */
final class LoadClients implements AutoCloseable {
  /** Keys that {@link #fill} sets. */
  static final int KEYS = 200;

  private static final int PIPELINED = 8;
  private static final int PADDING = 300;

  private final int port;
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<String> errors = new ConcurrentLinkedQueue<>();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final LongAdder reads = new LongAdder();
  private final LongAdder writes = new LongAdder();
  private final LongAccumulator longestPause = new LongAccumulator(Math::max, 0);
  private volatile boolean stopped;

  LoadClients(int count, TestProxy proxy) {
    port = proxy.port();
    for (int i = 0; i < count; i++) {
      String key = "own:" + i;
      threads.add(new Thread(() -> run(key), key));
    }
    threads.forEach(Thread::start);
  }

  /** Sets what the clients read; before they begin. */
  static void fill(TestProxy proxy) throws IOException {
    try (RawClient client = proxy.connect()) {
      for (int i = 0; i < KEYS; i++) {
        client.call("SET", "fixed:" + i, value(i));
      }
    }
  }

  private static String value(int i) {
    return "value " + i + " " + ".".repeat(i % PADDING);
  }

  /** Error replies, and connections that ended. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  /** Replies that are not what they had to be. */
  List<String> wrong() {
    return List.copyOf(wrong);
  }

  long reads() {
    return reads.sum();
  }

  long writes() {
    return writes.sum();
  }

  /** The longest time that a client waited for a reply. */
  long longestPauseMillis() {
    return longestPause.get() / 1_000_000;
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void run(String key) {
    long written = 0;
    try (RawClient client = new RawClient(port)) {
      while (!stopped) {
        readFixed(client, 1);
        readFixed(client, PIPELINED);
        client.sendCommand("INCR", key);
        expect(client, ++written);
        writes.increment();
        client.sendCommand("GET", key);
        expect(client, Long.toString(written));
        written = mix(client, key, written);
        reads.increment();
      }
    } catch (IOException e) {
      errors.add(key + ": " + e);
    }
  }

  private void readFixed(RawClient client, int count) throws IOException {
    int first = ThreadLocalRandom.current().nextInt(KEYS - count + 1);
    for (int i = 0; i < count; i++) {
      client.sendCommand("GET", "fixed:" + (first + i));
    }
    for (int i = 0; i < count; i++) {
      expect(client, value(first + i));
      reads.increment();
    }
  }

  /** Reads of several nodes and writes in one go. */
  private long mix(RawClient client, String key, long before) throws IOException {
    client.sendCommand("GET", "fixed:1");
    client.sendCommand("INCR", key);
    client.sendCommand("GET", "fixed:2");
    client.sendCommand("GET", key);
    client.sendCommand("MGET", "fixed:3", key);
    expect(client, value(1));
    expect(client, before + 1);
    expect(client, value(2));
    expect(client, Long.toString(before + 1));
    expect(client, List.of(value(3), Long.toString(before + 1)));
    reads.add(4);
    writes.increment();
    return before + 1;
  }

  private void expect(RawClient client, Object expected) throws IOException {
    long asked = System.nanoTime();
    Object reply = client.readText();
    longestPause.accumulate(System.nanoTime() - asked);
    if (reply instanceof RedisError error) {
      errors.add(error.message());
    } else if (!expected.equals(reply)) {
      wrong.add("got " + reply + " where " + expected + " was to come");
    }
  }
}
