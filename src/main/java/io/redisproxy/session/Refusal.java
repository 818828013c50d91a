package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.redisproxy.metrics.RetryReason;
import io.redisproxy.resp.Resp;
import java.util.EnumSet;

/** An error by which a node says that it has not run the command, and another one might. */
enum Refusal {
  LOADING("-LOADING ", RetryReason.LOADING),
  MASTERDOWN("-MASTERDOWN ", RetryReason.MASTERDOWN),
  CLUSTERDOWN("-CLUSTERDOWN ", RetryReason.CLUSTERDOWN),
  BUSY("-BUSY ", RetryReason.BUSY),
  NOSCRIPT("-NOSCRIPT ", RetryReason.NOSCRIPT),
  /** What a server says to one connection more than it takes, before it closes it. */
  NO_PLACE("-ERR max number of clients reached", RetryReason.LOST),
  // Whole lines, since a script that was stopped by such an error says so behind it.
  READONLY("-READONLY You can't write against a read only replica.\r\n", RetryReason.READONLY),
  NOREPLICAS("-NOREPLICAS Not enough good replicas to write.\r\n", RetryReason.NOREPLICAS);

  /** Those after which a read is sent to another node. */
  static final EnumSet<Refusal> OF_READS =
      EnumSet.of(LOADING, MASTERDOWN, CLUSTERDOWN, BUSY, NO_PLACE);

  /** The same for a script that only reads: each node has a cache of its own. */
  static final EnumSet<Refusal> OF_SCRIPTS =
      EnumSet.of(LOADING, MASTERDOWN, CLUSTERDOWN, BUSY, NOSCRIPT, NO_PLACE);

  /** Those of a node that is not the master any more, or not yet. */
  static final EnumSet<Refusal> OF_WRITES = EnumSet.of(LOADING, MASTERDOWN, READONLY, NOREPLICAS);

  private static final Refusal[] ALL = values();

  private final ByteBuf beginning;
  private final RetryReason reason;

  Refusal(String beginning, RetryReason reason) {
    this.beginning = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(Resp.bytes(beginning)));
    this.reason = reason;
  }

  /** What an error reply is; null if it is any other. */
  static Refusal of(ByteBuf error) {
    for (Refusal refusal : ALL) {
      int length = refusal.beginning.readableBytes();
      if (error.readableBytes() >= length
          && ByteBufUtil.equals(error, error.readerIndex(), refusal.beginning, 0, length)) {
        return refusal;
      }
    }
    return null;
  }

  RetryReason reason() {
    return reason;
  }
}
