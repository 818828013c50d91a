package io.redisproxy.session;

import io.redisproxy.metrics.CloseCause;
import java.util.Set;

/**
 * A client of the proxy, as CLIENT LIST shows it and CLIENT KILL ends it. May be asked from any
 * thread: what the client's own event loop changes is seen elsewhere a moment later.
 */
interface ConnectedClient {
  long id();

  /** The number that a node knows the client's own connection by; -1 when it has none. */
  long idAtNode();

  /** The client's end of the connection, as {@code 127.0.0.1:50000} or {@code [::1]:50000}. */
  String address();

  /** The proxy's end of the connection. */
  String localAddress();

  /** The port of its listener. */
  int port();

  /** The socket's number in this process; -1 when it has none. */
  int fileDescriptor();

  long ageSeconds();

  /** How long ago the client last sent something. */
  long idleSeconds();

  /** What the client has said of itself. */
  ClientIdentity identity();

  int database();

  /** Its name, of which each character is one byte. */
  String user();

  /** The version of the protocol that its replies are in, 2 or 3. */
  int protocol();

  Set<ClientFlag> flags();

  int channels();

  int patterns();

  int shardChannels();

  /** How many commands its transaction has; -1 when it is in none. */
  int queued();

  /** Who gets its invalidation messages: 0 for itself, -1 when it tracks no keys. */
  long redirect();

  /** Bytes of requests that have not gone on, such as one whose end has not come. */
  long inputBytes();

  /** Bytes of replies that it has not taken. */
  long outputBytes();

  /** How many of its requests wait in runs that are not all answered. */
  int pendingRequests();

  /** Whether it waits in a command such as BLPOP. */
  boolean isBlocked();

  /** Whether it has a connection to a node to itself. */
  boolean isPinned();

  /**
   * Whether it has been sent all that it gets, and is only waited for to close: a server would not
   * have it any more.
   */
  boolean isGone();

  /** The name of the listener that it came through. */
  String listener();

  /** What the proxy does with what comes from it, in a word. */
  String state();

  /** As the server writes it, {@code client|list}; null before the first one that is known. */
  String lastCommand();

  /**
   * Gives the client a connection to the master that messages for it can be sent to, from any
   * thread.
   *
   * @param told when it has one, or can't get one in time; on another thread
   */
  void receive(Runnable told);

  /** The client is to go, when the moment is right for the step; from any thread. */
  void part(DrainStep step);

  /** Ends the connection, from any thread; the client gets no reply that is still on its way. */
  void close(CloseCause cause);
}
