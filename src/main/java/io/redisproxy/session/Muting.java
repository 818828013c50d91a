package io.redisproxy.session;

import io.redisproxy.command.Command;

/** What a client has said with CLIENT REPLY: replies it doesn't want are dropped here. */
final class Muting {
  private boolean off;
  private boolean skip;

  void toOn() {
    off = false;
    skip = false;
  }

  void toOff() {
    off = true;
  }

  /** The reply to the next request is not wanted. */
  void skipNext() {
    skip = true;
  }

  /** Whether the reply to the request at hand is not wanted. */
  boolean isOn() {
    return off || skip;
  }

  void onRequestSent(Command command) {
    if (command != Command.CLIENT_REPLY) {
      skip = false;
    }
  }
}
