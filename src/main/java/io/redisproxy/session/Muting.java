package io.redisproxy.session;

/** What a client has said with CLIENT REPLY: replies it doesn't want are dropped here. */
final class Muting {
  private boolean off;
  private boolean skip;

  /** The request at hand is skipped, and asks for the same for the next one. */
  private boolean skipAgain;

  void toOn() {
    off = false;
    skip = false;
    skipAgain = false;
  }

  void toOff() {
    off = true;
  }

  /** The reply to the next request is not wanted. */
  void skipNext() {
    skipAgain = skip;
    skip = true;
  }

  /** Whether the reply to the request at hand is not wanted. */
  boolean isOn() {
    return off || skip;
  }

  /** What a node has to be told that is to mute the next replies itself; null if nothing. */
  String atNode() {
    return off ? "OFF" : skip ? "SKIP" : null;
  }

  /** A request was sent while this was on. */
  void onRequestSent() {
    skip = skipAgain;
    skipAgain = false;
  }
}
