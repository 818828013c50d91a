package io.redisproxy.session;

import io.redisproxy.metrics.ListenerMeters;
import io.redisproxy.upstream.ConnectionLimit;
import io.redisproxy.upstream.FlushQueue;
import java.time.Duration;

/**
 * What all sessions of a listener on one event loop have in common.
 *
 * @param backend the nodes
 * @param terms what the listener holds clients to
 * @param flushQueue the event loop's
 * @param meters the listener's
 * @param outputLimit bytes that may wait for a client before the connection that feeds it is held
 *     back
 * @param inputLimit bytes of requests that may wait until a client takes its replies
 * @param subscriberTimeout how long a subscriber that takes no messages is kept
 * @param halfClosedTimeout how long a client that sends no more is kept while no reply comes
 * @param maxSharedRequest bytes of a request above which it takes a connection of its own
 * @param turns of the clients of the event loop, while memory is short
 * @param limit what all connections are counted by
 * @param clients the clients of the listener, on all event loops
 * @param registrations those of the listener, on all event loops
 * @param recovery what is done about requests whose node fails
 * @param insight what is noted of requests
 */
public record SessionContext(
    Backend backend,
    Terms terms,
    FlushQueue flushQueue,
    ListenerMeters meters,
    long outputLimit,
    long inputLimit,
    Duration subscriberTimeout,
    Duration halfClosedTimeout,
    long maxSharedRequest,
    ReadTurns turns,
    ConnectionLimit limit,
    ListenerClients clients,
    Registrations registrations,
    Recovery recovery,
    LoopInsight insight) {

  /** What all clients together must leave room in. */
  DirectMemory memory() {
    return turns.memory();
  }
}
