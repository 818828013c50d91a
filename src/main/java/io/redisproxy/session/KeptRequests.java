package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.command.Command;
import io.redisproxy.command.CommandFlag;
import io.redisproxy.command.CommandTable;
import io.redisproxy.command.KeyFinder;
import io.redisproxy.resp.RequestDecoder;
import io.redisproxy.resp.Resp;
import java.util.BitSet;
import java.util.function.Predicate;

/**
 * The bytes of requests that may have to be sent again. Where each of them begins is only looked
 * for when that happens.
 */
final class KeptRequests {
  private final ByteBuf bytes;
  private final int begin;
  private final int end;
  private int from;

  /** Which of all are scripts; null until it is asked for. */
  private BitSet scripts;

  /** What those read that begin at {@link #readFrom}; null until it is asked for. */
  private SlotList readSlots;

  private int readFrom;

  /** The bytes between two indices; {@code bytes} is taken over. */
  KeptRequests(ByteBuf bytes, int begin, int end) {
    this.bytes = bytes;
    this.begin = begin;
    this.end = end;
    from = begin;
  }

  /** So many more of them need not be sent any more. */
  void skip(int requests) {
    RequestDecoder decoder = new RequestDecoder(Long.MAX_VALUE);
    for (int left = requests; left > 0; ) {
      left -= decoder.next(bytes, from) == RequestDecoder.Result.REQUEST ? 1 : 0;
      from = decoder.end();
    }
  }

  /** All must be sent. */
  void rewind() {
    from = begin;
  }

  /** What is to be sent. */
  ByteBuf left() {
    return bytes.retainedSlice(from, end - from);
  }

  int size() {
    return end - from;
  }

  /** Whether one of those that are to be sent reads what these, if any, write. */
  boolean readAnyOf(WrittenSlots written, KeySlots keys, Lane lane) {
    return written != null && readSlots(keys, lane).meets(written.slots());
  }

  /** What those that are to be sent read. */
  SlotList readSlots(KeySlots keys, Lane lane) {
    // They are asked about by each run behind them.
    if (readSlots == null || readFrom != from) {
      readSlots = keys.readBy(bytes, from, end, lane.identity().database());
      readFrom = from;
    }
    return readSlots;
  }

  /** Which of those that are to be sent can be run twice, as they change nothing. */
  BitSet reads() {
    return those(from, command -> command.has(CommandFlag.READ_ONLY));
  }

  /** Whether one of all is a script, which tells errors of its own. */
  boolean isScript(int index) {
    if (scripts == null) {
      scripts = those(begin, KeyFinder.SCRIPTS::contains);
    }
    return scripts.get(index);
  }

  private BitSet those(int first, Predicate<Command> which) {
    BitSet those = new BitSet();
    RequestDecoder decoder = new RequestDecoder(Long.MAX_VALUE);
    int request = 0;
    for (int at = first; at < end; at = decoder.end()) {
      if (decoder.next(bytes, at) == RequestDecoder.Result.REQUEST) {
        those.set(request++, which.test(CommandTable.find(Resp.arguments(bytes, at))));
      }
    }
    return those;
  }

  void release() {
    bytes.release();
  }
}
