package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import java.util.Set;

/** What a session does with what happens to it. */
abstract class SessionState {

  /** The state in a word, for PROXY CLIENTS, on any thread. */
  abstract String word();

  /** Whether the next request can't be sent yet, for something else than the client. */
  boolean isWaiting() {
    return false;
  }

  /** The session has come into this state. */
  void onEntered() {}

  /** Bytes came from the client; they are taken over. */
  abstract void onBytes(ByteBuf in);

  /** How many bytes wait for another state, or for this one to go on. */
  int waitingBytes() {
    return 0;
  }

  /** Whether the reply that is awaited can't come before the rest of its request has. */
  boolean awaitsRest() {
    return false;
  }

  /** Every request so far has been answered. */
  void onAllReplied() {}

  /** The client takes bytes again. */
  void onClientWritable() {}

  /**
   * The client sends no more, but may still wait for replies. The next state is told, too, when it
   * has got what has waited.
   */
  void onEndOfInput() {}

  /** Whether it waits in a command such as BLPOP, on any thread; not if its connection is a pin. */
  boolean isBlocked() {
    return false;
  }

  /** Adds the flags with which CLIENT LIST tells this state, on any thread. */
  void addFlags(Set<ClientFlag> flags) {}

  /** The number that a node knows the session's own connection by, if the state has one; or -1. */
  long idAtNode() {
    return -1;
  }

  /** The client is gone: let go of everything. */
  void onClosed() {}
}
