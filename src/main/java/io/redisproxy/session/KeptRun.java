package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.upstream.PendingReplies;

/**
 * Requests that were sent to a node and are kept, as they came, in case that they have to be sent
 * again. What is done then is up to their {@link Retry}.
 */
abstract class KeptRun extends PendingReplies implements Asked {
  private final Lane lane;

  /** The bytes that were sent, between two indices; null when they won't be sent again. */
  private ByteBuf kept;

  private int keptFrom;
  private int keptEnd;

  /** What a replica must have reached for all reads in it. */
  private long needed;

  /** Null for most runs, always: what is done since the node failed. */
  private Retry retry;

  /** What the requests read; null until it is asked for. */
  private SlotList readSlots;

  KeptRun(Lane lane) {
    this.lane = lane;
  }

  /** What will be done about these requests, which it takes over. */
  abstract Retry newRetry(KeptRequests requests);

  /** The nodes, as the session reached them when it sent this. */
  final Lane lane() {
    return lane;
  }

  /** One of the reads needs this round; see {@link KeySlots#neededBy}. */
  final void needs(long round) {
    needed = Math.max(needed, round);
  }

  final long needed() {
    return needed;
  }

  /**
   * Keeps the requests until they need not be sent again.
   *
   * @param before what had come of the first one in earlier buffers; it stays
   */
  void keepRequests(Pieces before, ByteBuf rest) {
    if (before.isEmpty()) {
      kept = rest.retain();
      keptFrom = rest.readerIndex();
      keptEnd = rest.writerIndex();
    } else {
      kept = before.viewWith(rest, rest.readerIndex(), rest.writerIndex());
      keptFrom = 0;
      keptEnd = kept.writerIndex();
    }
  }

  /** What the requests read that are not answered; any key where that isn't known. */
  final SlotList readSlots(KeySlots keys) {
    if (readSlots == null) {
      readSlots = findReadSlots(keys);
    }
    return readSlots;
  }

  private SlotList findReadSlots(KeySlots keys) {
    if (kept != null) {
      return keys.readBy(kept, keptFrom, keptEnd, lane.identity().database());
    }
    if (retry != null && !retry.isOver()) {
      return retry.requests.readSlots(keys, lane);
    }
    SlotList unknown = new SlotList();
    unknown.addAnyKey();
    return unknown;
  }

  /** The first key of the first request, which is of this command; null when it isn't kept. */
  final FirstKey keptKey(Session session, int command) {
    return kept == null ? null : FirstKey.ofWhole(session, command, kept, keptFrom);
  }

  /** The client is gone, or all replies have come: nothing is to be sent again. */
  final void forgetRequests() {
    if (kept != null) {
      kept.release();
      kept = null;
    } else if (retry != null) {
      retry.forget();
    }
  }

  /** Whether it can be sent again, or may be so already. */
  final boolean mayRetry() {
    return retry != null || kept != null;
  }

  /** Whether something is being done about it since the node failed. */
  final boolean isRetried() {
    return retry != null;
  }

  final Retry retry() {
    if (retry == null) {
      retry = newRetry(new KeptRequests(kept, keptFrom, keptEnd));
      kept = null;
    }
    return retry;
  }

  /** Whether it waits for a node that it can be sent to. */
  final boolean isWaiting() {
    return retry != null && retry.isWaiting();
  }

  /** Whether it may yet be sent to a node. */
  final boolean isToBeSent() {
    return retry != null && retry.isToBeSent();
  }
}
