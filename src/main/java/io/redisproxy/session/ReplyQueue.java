package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Brings a client's replies into the order of its requests, however many nodes they come from and
 * whichever is faster. The run at the head passes its bytes on as they come; the others keep theirs
 * until it is their turn.
 */
final class ReplyQueue {

  /** The client that the replies go to. */
  interface Client {
    /** Takes over bytes, in order. */
    void onReply(ByteBuf bytes);

    /** More bytes wait for their turn. */
    void onEarly();

    /** A run is the head now, and what came for it before its turn has been passed on. */
    void onTurn();

    /** Every request so far has been answered. */
    void onAllReplied();

    /** The rest of a reply that was begun will never come. */
    void onCutOff();
  }

  /** Among more runs than this nobody looks for keys. */
  private static final int MANY = 1024;

  private final Client client;
  private final Deque<Run> runs = new ArrayDeque<>(4);

  /** How many runs there have been. */
  private long added;

  /** The place of the last one that changes data. */
  private long lastChange;

  private long early;
  private int masterRuns;
  private int writeRuns;
  private int requests;
  private boolean closed;

  ReplyQueue(Client client) {
    this.client = client;
  }

  boolean isEmpty() {
    return runs.isEmpty();
  }

  /** Whether the run's bytes are passed on as they come. */
  boolean isHead(Run run) {
    return runs.peek() == run;
  }

  /** The run that all others wait for; null when every request has been answered. */
  Run head() {
    return runs.peek();
  }

  /** How much memory is taken by what waits for its turn. */
  long early() {
    return early;
  }

  /** Whether requests to the master are not answered yet. */
  boolean awaitsMaster() {
    return masterRuns > 0;
  }

  /** Whether writes are not answered yet. */
  boolean awaitsWrites() {
    return writeRuns > 0;
  }

  /** Whether there are runs without writes; they may be at other nodes than the master. */
  boolean awaitsReads() {
    return runs.size() > writeRuns;
  }

  /** Whether a write of these keys, sent now, could be seen by reads that are awaited. */
  boolean awaitsReadsOf(SlotList written, KeySlots keys) {
    if (runs.size() > MANY) {
      return true;
    }
    for (Run run : runs) {
      if (run.mayBeOvertaken() && run.readSlots(keys).meets(written)) {
        return true;
      }
    }
    return false;
  }

  /** How many requests are in the runs. */
  int pendingRequests() {
    return requests;
  }

  void add(Run run) {
    added++;
    run.place(added);
    if (run.changesData()) {
      lastChange = added;
    }
    runs.add(run);
    requests += run.requests();
    masterRuns += run.isAtMaster() ? 1 : 0;
    writeRuns += run.hasWrites() ? 1 : 0;
  }

  /** Puts a reply of the proxy's own behind all that is awaited. */
  void addOwn(Session session, ByteBuf reply) {
    if (runs.isEmpty()) {
      client.onReply(reply);
    } else {
      Run run = new Run(session, null, 0);
      add(run);
      keep(run, reply);
    }
  }

  /** Bytes have come for a run. */
  void onReplies(Run run, ByteBuf bytes) {
    if (closed) {
      bytes.release();
    } else if (runs.peek() == run) {
      client.onReply(bytes);
      if (run.isDone()) {
        advance();
      }
    } else {
      keep(run, bytes);
    }
  }

  private void keep(Run run, ByteBuf bytes) {
    early -= run.earlySize();
    run.keep(bytes);
    early += run.earlySize();
    client.onEarly();
  }

  /** What has come for a run before its turn is to come again. */
  void dropEarly(Run run) {
    early -= run.earlySize();
    run.drainEarlyTo(ByteBuf::release);
  }

  /** Whether there is such a run among those behind a run. */
  boolean anyBehind(Run run, Predicate<Run> which) {
    // There may be any number before it.
    Iterator<Run> fromLast = runs.descendingIterator();
    while (fromLast.hasNext()) {
      Run each = fromLast.next();
      if (each == run) {
        return false;
      }
      if (which.test(each)) {
        return true;
      }
    }
    return false;
  }

  /** The same of runs that change data, of which there mostly are none. */
  boolean anyChangeBehind(Run run, Predicate<Run> which) {
    return run.place() < lastChange
        && anyBehind(run, each -> each.changesData() && which.test(each));
  }

  /** Tells all runs behind a run. */
  void forEachBehind(Run run, Consumer<Run> told) {
    boolean behind = false;
    for (Run each : runs) {
      if (behind) {
        told.accept(each);
      }
      behind |= each == run;
    }
  }

  /** Whether there is such a run among those before a run. */
  boolean anyBefore(Run run, Predicate<Run> which) {
    for (Run each : runs) {
      if (each == run) {
        return false;
      }
      if (which.test(each)) {
        return true;
      }
    }
    return false;
  }

  /** A run's connection was lost inside a reply. */
  void onCutOff(Run run) {
    if (!closed && runs.peek() == run) {
      client.onCutOff();
    }
  }

  /** The client is gone, or gets no more: what still comes is dropped. */
  void close() {
    closed = true;
    for (Run run = runs.poll(); run != null; run = runs.poll()) {
      run.drainEarlyTo(ByteBuf::release);
      run.forgetRequests();
      run.onRemoved();
    }
    early = 0;
  }

  /** The head is done; so may be those behind it. */
  private void advance() {
    do {
      remove();
      Run head = runs.peek();
      if (head == null) {
        client.onAllReplied();
        return;
      }
      early -= head.earlySize();
      head.drainEarlyTo(client::onReply);
      if (head.isCutOff()) {
        client.onCutOff();
        return;
      }
      client.onTurn();
    } while (runs.peek().isDone());
  }

  private void remove() {
    Run run = runs.remove();
    run.onRemoved();
    requests -= run.requests();
    masterRuns -= run.isAtMaster() ? 1 : 0;
    writeRuns -= run.hasWrites() ? 1 : 0;
  }
}
