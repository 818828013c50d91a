package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.redisproxy.config.NodeAddress;

/** Does for those who wait for replies what a connection to a node does. */
public final class Answers {
  private Answers() {}

  /** {@code ended}: how many replies end with these bytes. */
  public static void give(PendingReplies to, int ended, ByteBuf bytes) {
    to.received(ended, ended == 0);
    to.onReplies(bytes);
  }

  public static void lose(PendingReplies pending, boolean insideReply) {
    pending.onLost(
        new NodeFailure(new NodeAddress("node", 6379), "connection lost", true), insideReply);
  }
}
