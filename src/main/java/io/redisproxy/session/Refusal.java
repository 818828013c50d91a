package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.redisproxy.metrics.RetryReason;
import io.redisproxy.resp.Resp;
import java.util.EnumSet;
import java.util.stream.Stream;

/**
 * An error by which a node says that it has not run the command, and another one might; or a
 * replica's answer that there is nothing, where the master is to be asked, too.
 */
enum Refusal {
  LOADING(RetryReason.LOADING, "-LOADING "),
  MASTERDOWN(RetryReason.MASTERDOWN, "-MASTERDOWN "),
  CLUSTERDOWN(RetryReason.CLUSTERDOWN, "-CLUSTERDOWN "),
  BUSY(RetryReason.BUSY, "-BUSY "),
  NOSCRIPT(RetryReason.NOSCRIPT, "-NOSCRIPT "),
  // Whole lines, since a script that was stopped by such an error says so behind it.
  READONLY(RetryReason.READONLY, "-READONLY You can't write against a read only replica.\r\n"),
  NOREPLICAS(RetryReason.NOREPLICAS, "-NOREPLICAS Not enough good replicas to write.\r\n"),
  /** It can't save its data; how that is said differs from server to server. */
  MISCONF(RetryReason.MISCONF, "-MISCONF "),
  /** Told only of runs that want it; see {@link Run#recheckNil}. */
  NIL(RetryReason.NIL, "$-1\r\n", "*-1\r\n", "_\r\n");

  /** Those after which a read is sent to another node. */
  static final EnumSet<Refusal> OF_READS = EnumSet.of(LOADING, MASTERDOWN, CLUSTERDOWN, BUSY, NIL);

  /** The same for a script that only reads: each node has a cache of its own. */
  static final EnumSet<Refusal> OF_SCRIPTS =
      EnumSet.of(LOADING, MASTERDOWN, CLUSTERDOWN, BUSY, NOSCRIPT, NIL);

  /** Those of a node that is not the master any more, or not yet. */
  static final EnumSet<Refusal> OF_WRITES =
      EnumSet.of(LOADING, MASTERDOWN, READONLY, NOREPLICAS, MISCONF);

  private static final Refusal[] ALL = values();

  private final ByteBuf[] beginnings;
  private final RetryReason reason;

  Refusal(RetryReason reason, String... beginnings) {
    this.beginnings =
        Stream.of(beginnings)
            .map(each -> Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(Resp.bytes(each))))
            .toArray(ByteBuf[]::new);
    this.reason = reason;
  }

  /** What a reply is that was told apart; null if it is any other. */
  static Refusal of(ByteBuf reply) {
    for (Refusal refusal : ALL) {
      if (refusal.isOf(reply)) {
        return refusal;
      }
    }
    return null;
  }

  private boolean isOf(ByteBuf reply) {
    for (ByteBuf beginning : beginnings) {
      int length = beginning.readableBytes();
      if (reply.readableBytes() >= length
          && ByteBufUtil.equals(reply, reply.readerIndex(), beginning, 0, length)) {
        return true;
      }
    }
    return false;
  }

  RetryReason reason() {
    return reason;
  }
}
