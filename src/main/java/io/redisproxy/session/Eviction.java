package io.redisproxy.session;

import io.redisproxy.metrics.CloseCause;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Closes clients when memory stays short, those with the most of it first, as Redis does above its
 * {@code maxmemory-clients}. Who has said CLIENT NO-EVICT stays.
 *
 * <p>What they have sent counts only of those that are blocked, or when one has not ended its
 * request though it was read from; else it is a node that all wait for, and they will come to an
 * end when it goes on.
 */
public final class Eviction {
  private static final Logger LOG = Logger.getLogger(Eviction.class);

  /** For that many looks, clients get the chance to come to an end by themselves. */
  private static final int PATIENCE = 10;

  /** It would not help to close those with less. */
  private static final long LITTLE = 4096;

  private record Holder(ConnectedClient client, long bytes) {}

  private final DirectMemory memory;
  private final ClientRegistry clients;
  private int looks;
  private volatile boolean requestIsLate;

  public Eviction(DirectMemory memory, ClientRegistry clients) {
    this.memory = memory;
    this.clients = clients;
  }

  DirectMemory memory() {
    return memory;
  }

  /** A client has not ended its request in its turn; from any event loop. */
  void onLateRequest() {
    requestIsLate = true;
  }

  /** Looks whether it is time; on one event loop, a few times a second. */
  public void tick() {
    if (!memory.isShort()) {
      looks = 0;
      requestIsLate = false;
    } else if (++looks > PATIENCE) {
      looks = 0;
      evict(memory.excess());
      requestIsLate = false;
    }
  }

  private void evict(long excess) {
    long closing = 0;
    int count = 0;
    for (Holder each : largestFirst()) {
      if (closing >= excess) {
        break;
      }
      each.client().close(CloseCause.MEMORY);
      closing += each.bytes();
      count++;
    }
    if (count > 0) {
      LOG.warnf(
          "network memory has been short, by %d KB; closed the %d clients with the most of it,"
              + " %d KB",
          excess / 1024, count, closing / 1024);
    }
  }

  private List<Holder> largestFirst() {
    List<Holder> holders = new ArrayList<>();
    for (ConnectedClient client : clients.open()) {
      // What it has of it changes meanwhile.
      boolean inputCounts = requestIsLate || client.isBlocked();
      long bytes = client.outputBytes() + (inputCounts ? client.inputBytes() : 0);
      if (bytes > LITTLE && !client.identity().isNoEvict()) {
        holders.add(new Holder(client, bytes));
      }
    }
    holders.sort(Comparator.comparingLong(Holder::bytes).reversed());
    return holders;
  }
}
