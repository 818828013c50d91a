package io.redisproxy.session;

/**
 * What held up a session's next request before it was sent: that the rest of it came late, or that
 * it had to wait for something else than the client.
 */
final class Delays {
  private enum Awaited {
    NOTHING,
    CLIENT,
    TURN
  }

  private Awaited awaited = Awaited.NOTHING;
  private long since;
  private long client;
  private long queued;

  /** A part of the request is missing. */
  void awaitClient() {
    await(Awaited.CLIENT);
  }

  /** The request can't be sent yet. */
  void awaitTurn() {
    await(Awaited.TURN);
  }

  private void await(Awaited next) {
    if (awaited != next) {
      goOn();
      awaited = next;
      since = System.nanoTime();
    }
  }

  /** The client may have sent what is missing, but isn't read from. */
  void onClientNotRead() {
    if (awaited == Awaited.CLIENT) {
      awaitTurn();
    }
  }

  /** What was awaited is there. */
  void goOn() {
    if (awaited == Awaited.NOTHING) {
      return;
    }
    long waited = System.nanoTime() - since;
    if (awaited == Awaited.CLIENT) {
      client += waited;
    } else {
      queued += waited;
    }
    awaited = Awaited.NOTHING;
  }

  /** The nanoseconds that the request waited for the client; they count for one run only. */
  long takeClient() {
    long taken = client;
    client = 0;
    return taken;
  }

  /** Likewise, for something else. */
  long takeQueued() {
    long taken = queued;
    queued = 0;
    return taken;
  }

  /** The requests that were held up are on their way, or answered. */
  void forget() {
    client = 0;
    queued = 0;
  }
}
