package io.redisproxy.discovery;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that each append numbers to a list of their own, one after the other, and read the last
 * one back. A number that is there twice was written twice; one whose write was refused must not be
 * there.
 */
final class NumberedWrites implements AutoCloseable {

  /** What a client was told of a write. */
  enum Outcome {
    ACKNOWLEDGED,
    REFUSED,
    /** It may have been executed. */
    OPEN
  }

  record Write(int number, long sentAt, long answeredAt, Outcome outcome) {}

  /** A client's list, and what it was told; to be asked when the clients have ended. */
  record Log(String key, List<Write> writes) {
    List<Integer> numbers(Outcome outcome) {
      return writes.stream()
          .filter(write -> write.outcome() == outcome)
          .map(Write::number)
          .toList();
    }
  }

  private final int port;
  private final List<Thread> threads = new ArrayList<>();
  private final List<Log> logs = new ArrayList<>();
  private final Queue<String> misreads = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;
  private volatile boolean unsure;

  NumberedWrites(int clients, int port) {
    this.port = port;
    for (int i = 0; i < clients; i++) {
      Log log = new Log("numbers:" + i, new ArrayList<>());
      logs.add(log);
      threads.add(new Thread(() -> run(log), log.key()));
    }
    threads.forEach(Thread::start);
  }

  /** From now on a number that was acknowledged may be lost before it is read back, or not. */
  void unsure(boolean may) {
    unsure = may;
  }

  /** What was read back of numbers that can't have been lost, and was not the last one. */
  List<String> misreads() {
    return List.copyOf(misreads);
  }

  List<Log> logs() {
    return logs;
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

  private void run(Log log) {
    int number = 0;
    while (!stopped) {
      try (RawClient client = new RawClient(port)) {
        while (!stopped) {
          number++;
          if (!append(client, log, number)) {
            // As a client would that is told that there is no master.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
          }
        }
      } catch (EOFException | SocketException e) {
        // Connects again.
      } catch (IOException | RuntimeException e) {
        misreads.add(log.key() + ": " + e);
        return;
      }
    }
  }

  private boolean append(RawClient client, Log log, int number) throws IOException {
    boolean sure = !unsure;
    long sentAt = System.nanoTime();
    Outcome outcome = Outcome.OPEN;
    try {
      outcome = outcome(client.call("RPUSH", log.key(), "" + number));
    } finally {
      log.writes().add(new Write(number, sentAt, System.nanoTime(), outcome));
    }
    if (outcome != Outcome.ACKNOWLEDGED) {
      return false;
    }
    Object last = client.call("LINDEX", log.key(), "-1");
    if (sure && !unsure && !("" + number).equals(last)) {
      misreads.add(log.key() + ": " + last + " in place of " + number);
    }
    return true;
  }

  private static Outcome outcome(Object reply) {
    if (reply instanceof RedisError error) {
      return error.message().contains("may have been executed") ? Outcome.OPEN : Outcome.REFUSED;
    }
    return Outcome.ACKNOWLEDGED;
  }
}
