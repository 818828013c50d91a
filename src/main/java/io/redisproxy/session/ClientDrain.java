package io.redisproxy.session;

import io.redisproxy.metrics.CloseCause;
import java.time.Duration;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Lets the clients of some ports go, each when it loses nothing by that: idle ones at once, others
 * after their next reply or at the end of their transaction, subscribers when nobody else is left,
 * and at the deadline everyone.
 */
public final class ClientDrain {
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);

  /** Of the time between two looks at the clients: a look takes about a microsecond for each. */
  private static final Duration PAUSE_PER_CLIENT = Duration.ofNanos(2_000);

  /** For commands that are ended at the deadline to be answered. */
  private static final Duration LAST_CHANCE = Duration.ofSeconds(1);

  private final ClientRegistry clients;
  private final IntPredicate ports;
  private final long lastId;
  private volatile boolean hurried;

  /** All clients of the ports, which have to be closed by then. */
  public ClientDrain(ClientRegistry clients, IntPredicate ports) {
    this(clients, ports, Long.MAX_VALUE);
  }

  /** Those of the ports' clients that came up to the one with that number. */
  public ClientDrain(ClientRegistry clients, IntPredicate ports, long lastId) {
    this.clients = clients;
    this.ports = ports;
    this.lastId = lastId;
  }

  /** The deadline is now. */
  public void hurry() {
    hurried = true;
  }

  /**
   * Returns when all are gone.
   *
   * @return how many had to be cut off at the deadline
   */
  public int run(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    long end = deadline + LAST_CHANCE.toNanos();
    // A client that had been accepted when the port was closed may come a moment later.
    for (int looksWithoutAny = 0; looksWithoutAny < 2; ) {
      List<ConnectedClient> left = left();
      looksWithoutAny = left.isEmpty() ? looksWithoutAny + 1 : 0;
      if (hurried || System.nanoTime() - end > 0) {
        left.forEach(client -> client.close(CloseCause.DRAINED));
        return (int) left.stream().filter(client -> !client.state().equals(Parting.PARTED)).count();
      }
      DrainStep step = step(left, System.nanoTime() - deadline > 0);
      left.forEach(client -> client.part(step));
      Thread.sleep(SHORTEST_PAUSE.plus(PAUSE_PER_CLIENT.multipliedBy(left.size())).toMillis());
    }
    return 0;
  }

  private static DrainStep step(List<ConnectedClient> left, boolean late) {
    if (late) {
      return DrainStep.LAST;
    }
    return left.stream().allMatch(client -> ClientType.of(client) == ClientType.PUBSUB)
        ? DrainStep.SUBSCRIBERS
        : DrainStep.CALM;
  }

  private List<ConnectedClient> left() {
    return clients.open().stream()
        .filter(client -> client.id() <= lastId && ports.test(client.port()))
        .toList();
  }
}
