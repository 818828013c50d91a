package io.redisproxy.session;

import io.netty.channel.ChannelConfig;
import java.util.EnumSet;
import java.util.Set;

/** Reads from the client as long as nothing speaks against it. */
final class InputGate {

  /** What speaks against it. */
  enum Reason {
    /** The client doesn't take its replies. */
    CLIENT_FULL,
    /** A node doesn't take requests. */
    NODE_FULL,
    /** Too many replies wait for an earlier one. */
    EARLY_FULL,
    /** The session waits for something before it can go on. */
    WAITING
  }

  private final ChannelConfig channel;
  private final Set<Reason> reasons = EnumSet.noneOf(Reason.class);

  InputGate(ChannelConfig channel) {
    this.channel = channel;
  }

  void close(Reason reason) {
    reasons.add(reason);
    channel.setAutoRead(false);
  }

  void open(Reason reason) {
    if (reasons.remove(reason) && reasons.isEmpty()) {
      channel.setAutoRead(true);
    }
  }
}
