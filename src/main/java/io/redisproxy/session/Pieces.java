package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Bytes that wait for more, or for their time. Large pieces are kept as slices; small ones are
 * copied together, so that a client that sends byte by byte doesn't hold a receive buffer for each.
 */
final class Pieces {
  private static final int SMALL = 4096;

  private final ByteBufAllocator allocator;
  private final Deque<ByteBuf> pieces = new ArrayDeque<>(1);

  private int size;

  /** The last piece, while it has room for more small ones. */
  private ByteBuf open;

  Pieces(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  boolean isEmpty() {
    return pieces.isEmpty();
  }

  /** How many bytes there are. */
  int size() {
    return size;
  }

  /** Adds the bytes between two indices, without taking the buffer over. */
  void add(ByteBuf in, int from, int to) {
    int length = to - from;
    if (length == 0) {
      return;
    }
    if (length >= SMALL) {
      addLarge(in.retainedSlice(from, length));
    } else {
      size += length;
      if (open == null || open.readableBytes() >= SMALL) {
        open = allocator.buffer(Math.max(length, 256));
        pieces.add(open);
      }
      open.writeBytes(in, from, length);
    }
  }

  /**
   * Adds the rest of a buffer, which is taken over. What comes and goes again and again, such as
   * many requests in one piece that are waited for one by one, doesn't become a slice of a slice.
   */
  void take(ByteBuf in) {
    if (in.readableBytes() >= SMALL) {
      addLarge(in);
    } else {
      add(in, in.readerIndex(), in.writerIndex());
      in.release();
    }
  }

  private void addLarge(ByteBuf piece) {
    size += piece.readableBytes();
    open = null;
    pieces.add(piece);
  }

  /** Gives the first piece away; there must be one. */
  ByteBuf remove() {
    ByteBuf first = pieces.remove();
    size -= first.readableBytes();
    if (pieces.isEmpty()) {
      open = null;
    }
    return first;
  }

  /**
   * Gives the pieces away, in order; each is taken over. What the taker adds meanwhile stays: a
   * state that gets a piece of a request may be the one that keeps it here.
   */
  void drainTo(Consumer<ByteBuf> taker) {
    open = null;
    size = 0;
    for (int left = pieces.size(); left > 0 && !pieces.isEmpty(); left--) {
      taker.accept(pieces.remove());
    }
  }

  /**
   * A copy of all pieces with the bytes between two indices of {@code in} behind them; they stay.
   */
  ByteBuf joinedWith(ByteBuf in, int from, int to) {
    ByteBuf joined = allocator.buffer();
    for (ByteBuf piece : pieces) {
      joined.writeBytes(piece, piece.readerIndex(), piece.readableBytes());
    }
    return joined.writeBytes(in, from, to - from);
  }

  /** The pieces with the bytes between two indices of {@code in} behind them, without a copy. */
  ByteBuf viewWith(ByteBuf in, int from, int to) {
    ByteBuf[] all = new ByteBuf[pieces.size() + 1];
    int i = 0;
    for (ByteBuf piece : pieces) {
      all[i++] = piece.retainedDuplicate();
    }
    all[i] = in.retainedSlice(from, to - from);
    return Unpooled.wrappedBuffer(all.length, all);
  }

  void release() {
    drainTo(ByteBuf::release);
  }
}
