package io.redisproxy;

import io.redisproxy.fixture.RawClient;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/**
 * Clients that do nothing but count, each by a key of its own, so that every reply tells whether
 * one before it was lost, or a request without a reply was run. That its connection ends in place
 * of a reply is what a client has to live with; it connects again then, and repeats the request.
 */
final class CountingClients implements AutoCloseable {
  private static final int PIPELINED = 5;

  private final Callable<RawClient> connect;
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<String> errors = new ConcurrentLinkedQueue<>();
  private final LongAdder replies = new LongAdder();
  private final LongAdder ends = new LongAdder();
  private volatile boolean stopped;

  /** {@code port}: asked for each new connection. */
  CountingClients(int count, IntSupplier port) {
    this(count, () -> new RawClient(port.getAsInt()));
  }

  /** {@code connect}: makes each new connection. */
  CountingClients(int count, Callable<RawClient> connect) {
    this.connect = connect;
    for (int i = 0; i < count; i++) {
      String key = "counted:" + i;
      threads.add(new Thread(() -> run(key), key));
    }
    threads.forEach(Thread::start);
  }

  /** What went wrong: all of it. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  long replies() {
    return replies.sum();
  }

  /** How many connections ended. */
  long ends() {
    return ends.sum();
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void run(String key) {
    Count count = new Count(key);
    try {
      while (!stopped) {
        try (RawClient client = connect.call()) {
          count.wroteHere = false;
          while (!stopped) {
            count.goOn(client);
          }
        } catch (ConnectException e) {
          // The port was asked for before another one took over.
        } catch (EOFException e) {
          ends.increment();
          if (count.insideReply) {
            errors.add(key + ": a reply was cut off");
          }
        }
      }
    } catch (Exception | AssertionError e) {
      errors.add(key + ": " + e);
    }
  }

  private final class Count {
    private final String key;
    private long counted;
    private int round;
    private boolean insideReply;

    /** Whether what was written last was written over this connection. */
    private boolean wroteHere;

    Count(String key) {
      this.key = key;
    }

    /** One by one, in a pipeline, in a transaction, and read again, in turn. */
    void goOn(RawClient client) throws IOException {
      switch (round++ % 4) {
        case 0 -> {
          client.sendCommand("INCR", key);
          expectNext(reply(client));
        }
        case 1 -> {
          for (int i = 0; i < PIPELINED; i++) {
            client.sendCommand("INCR", key);
          }
          for (int i = 0; i < PIPELINED; i++) {
            expectNext(reply(client));
          }
        }
        case 2 -> {
          client.sendCommand("MULTI");
          expect(reply(client), "OK");
          client.sendCommand("INCR", key);
          expect(reply(client), "QUEUED");
          client.sendCommand("EXEC");
          expectNext(((List<?>) reply(client)).get(0));
        }
        default -> {
          // What another proxy has written a replica may not have yet.
          if (wroteHere) {
            client.sendCommand("GET", key);
            expect(reply(client), Long.toString(counted));
          }
        }
      }
    }

    private Object reply(RawClient client) throws IOException {
      long before = client.received();
      try {
        return client.readText();
      } finally {
        insideReply = client.received() > before;
      }
    }

    private void expectNext(Object reply) {
      expect(reply, counted + 1);
      counted++;
      wroteHere = true;
    }

    private void expect(Object reply, Object expected) {
      insideReply = false;
      if (!expected.equals(reply)) {
        throw new AssertionError("got " + reply + " where " + expected + " was to come");
      }
      replies.increment();
    }
  }
}
