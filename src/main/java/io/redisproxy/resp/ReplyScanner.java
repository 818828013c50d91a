package io.redisproxy.resp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Counts the replies in a node's bytes without reading their values, RESP2 and RESP3.
 *
 * <p>It keeps its place between buffers, so that the bytes of a reply can go on to the client
 * before the rest of it has come. Nested replies need no stack: {@code pending} counts the elements
 * that are still to come, and an array of n adds n to it. Pushes are out of band and not counted.
 *
 * @see <a href="https://redis.io/docs/latest/develop/reference/protocol-spec/">RESP</a>
 */
public final class ReplyScanner {

  private enum State {
    TYPE,
    LINE,
    LENGTH,
    SKIP
  }

  /**
   * Elements to come where a streamed aggregate doesn't say how many: its own elements leave this
   * as it is, those of an array inside it count on top.
   */
  private static final long STREAMED = Long.MAX_VALUE / 2;

  /** No server holds as much; a sum of lengths up to it can't overflow. */
  private static final long MAX_LENGTH = 1L << 48;

  private static final long LINE_FEEDS = 0x0A0A0A0A0A0A0A0AL;
  private static final long LOWEST_BITS = 0x0101010101010101L;
  private static final long HIGHEST_BITS = 0x8080808080808080L;

  private State state = State.TYPE;
  private byte type;
  private boolean push;
  private boolean inReply;
  private boolean inReplyBefore;
  private long pending;
  private long bytesLeft;
  private boolean streamedString;
  private final DecimalLine number = new DecimalLine();

  private long[] enclosing = new long[4];
  private int depth;

  private int completed;
  private int ended;
  private boolean itemByItem;
  private boolean errorsApart;
  private boolean nilsApart;
  private boolean apart;
  private long errors;

  /**
   * Reads from {@code from} until {@code wanted} replies have ended or the buffer ends.
   *
   * @return the index after the last byte read
   * @throws NotRedisException when the bytes are not the Redis protocol
   */
  public int scan(ByteBuf in, int from, int wanted) {
    itemByItem = false;
    errorsApart = false;
    return scanUntil(in, from, wanted);
  }

  /**
   * Like {@link #scan}, but stops before and behind an error reply, too: {@link #isApart()}.
   *
   * @param nilsToo whether it also does at one that is nil, in any way of RESP2 and RESP3, and at
   *     one that may be, of which only the first byte has come
   */
  public int scanErrorsApart(ByteBuf in, int from, int wanted, boolean nilsToo) {
    itemByItem = false;
    errorsApart = true;
    nilsApart = nilsToo;
    return scanUntil(in, from, wanted);
  }

  /**
   * Like {@link #scan} for one reply, but stops behind a push, too: {@link #completed()} is 0 and
   * {@link #isInsideReply()} false then.
   */
  public int scanItem(ByteBuf in, int from) {
    itemByItem = true;
    errorsApart = false;
    return scanUntil(in, from, 1);
  }

  private int scanUntil(ByteBuf in, int from, int wanted) {
    completed = 0;
    ended = 0;
    inReplyBefore = inReply;
    apart &= inReply;
    int last = apart ? 1 : wanted;
    int limit = in.writerIndex();
    int i = from;
    while (i < limit) {
      switch (state) {
        case TYPE -> {
          int end = readPlain(in, i, limit);
          if (end > 0 && inReply) {
            i = end;
            endElement();
          } else if (end > 0) {
            i = readPlainReplies(in, end, limit, last);
          } else {
            byte first = in.getByte(i);
            if (errorsApart && !inReply && isApart(in, i, limit)) {
              if (i > from) {
                return i;
              }
              apart = true;
              last = 1;
            }
            onType(first);
            i++;
          }
        }
        case LINE -> {
          int lineFeed = in.indexOf(i, limit, (byte) '\n');
          if (lineFeed < 0) {
            return limit;
          }
          i = lineFeed + 1;
          endElement();
        }
        case LENGTH -> {
          i = number.read(in, i, limit);
          if (number.isDone()) {
            onLength();
          }
        }
        case SKIP -> {
          if (bytesLeft > limit - i) {
            bytesLeft -= limit - i;
            return limit;
          }
          i += (int) bytesLeft;
          endString();
        }
      }
      if (ended == last) {
        return i;
      }
    }
    return i;
  }

  /** How many replies ended within the last {@link #scan}. */
  public int completed() {
    return completed;
  }

  /**
   * Whether the bytes so far end inside a reply; after a {@link NotRedisException}, those before
   * the last {@link #scan}.
   */
  public boolean isInsideReply() {
    return inReply;
  }

  /** Whether the item that the bytes so far end in, or behind, is a push of RESP3. */
  public boolean isPush() {
    return push;
  }

  /**
   * Whether the bytes of the last {@link #scanErrorsApart} are of a reply that it was to stop at,
   * and no others.
   */
  public boolean isApart() {
    return apart;
  }

  /** How many bytes are to come of the value that the bytes so far end in. */
  public long bytesToCome() {
    return state == State.SKIP ? bytesLeft : 0;
  }

  /** How many replies were errors since the scanner was made. */
  public long errors() {
    return errors;
  }

  /**
   * The short way for nearly all values: a bulk string that is not long, a status or a number,
   * whole in the buffer.
   *
   * @return the index after the value, or -1 when only the long way can tell what it is
   */
  private int readPlain(ByteBuf in, int from, int limit) {
    if (limit - from < Long.BYTES || streamedString) {
      return -1;
    }
    long word = in.getLongLE(from);
    byte first = (byte) word;
    if (first == '$') {
      int length = ShortHeader.read(word);
      return length != ShortHeader.OTHER && length <= limit - from ? from + length : -1;
    }
    if (first == '+' || first == ':') {
      long other = word ^ LINE_FEEDS;
      long found = (other - LOWEST_BITS) & ~other & HIGHEST_BITS;
      return found == 0 ? -1 : from + Long.numberOfTrailingZeros(found) / Byte.SIZE + 1;
    }
    return -1;
  }

  /**
   * The same for replies that are just such a value, as many as come and are wanted. The first one
   * ends at {@code from}.
   */
  private int readPlainReplies(ByteBuf in, int from, int limit, int wanted) {
    push = false;
    int i = from;
    int found = 1;
    while (ended + found < wanted) {
      int end = readPlain(in, i, limit);
      if (end < 0) {
        break;
      }
      i = end;
      found++;
    }
    completed += found;
    ended += found;
    return i;
  }

  private boolean isApart(ByteBuf in, int at, int limit) {
    byte first = in.getByte(at);
    if (first == '-' || !nilsApart) {
      return first == '-';
    }
    // A length below zero.
    return first == '_'
        || ((first == '$' || first == '*') && (at + 1 == limit || in.getByte(at + 1) == '-'));
  }

  private void begin(boolean asPush) {
    if (!inReply) {
      inReply = true;
      pending = 1;
      push = asPush;
    }
  }

  private void onType(byte first) {
    if (streamedString != (first == ';')) {
      throw notRedis(first);
    }
    if (!inReply && (first == '-' || first == '!')) {
      errors++;
    }
    begin(first == '>');
    type = first;
    switch (first) {
      case '+', '-', ':', ',', '#', '_', '(' -> state = State.LINE;
      case '$', '=', '!', '*', '~', '>', '%', '|', ';' -> toLength();
      case '.' -> {
        if (depth == 0) {
          throw notRedis(first);
        }
        pending = enclosing[--depth];
        state = State.LINE;
      }
      default -> throw notRedis(first);
    }
  }

  private void toLength() {
    number.reset();
    state = State.LENGTH;
  }

  private void onLength() {
    if (number.isQuestionMark()) {
      onStreamed();
      return;
    }
    long length = number.value();
    if (!number.isValid() || length > MAX_LENGTH) {
      throw notRedis(type);
    }
    switch (type) {
      case '$', '=', '!' -> {
        if (length < 0) {
          endElement();
        } else {
          bytesLeft = length + 2;
          state = State.SKIP;
        }
      }
      case ';' -> {
        if (length < 0) {
          throw notRedis(type);
        }
        if (length == 0) {
          streamedString = false;
          endElement();
        } else {
          bytesLeft = length + 2;
          state = State.SKIP;
        }
      }
      case '*', '~' -> beginAggregate(length);
      case '%' -> beginAggregate(2 * length);
      case '>' -> {
        if (push) {
          beginAggregate(length);
        } else {
          // Redis before 7.2 sends messages between the replies in that to EXEC.
          addBeside(length);
        }
      }
      // An attribute.
      default -> addBeside(2 * length);
    }
  }

  /** What stands before an element and is not one itself. */
  private void addBeside(long elements) {
    pending += Math.max(0, elements);
    state = State.TYPE;
  }

  private void beginAggregate(long elements) {
    pending += Math.max(0, elements);
    endElement();
  }

  private void onStreamed() {
    switch (type) {
      case '$' -> {
        streamedString = true;
        state = State.TYPE;
      }
      case '*', '~', '%' -> {
        if (depth == enclosing.length) {
          enclosing = Arrays.copyOf(enclosing, 2 * depth);
        }
        enclosing[depth++] = pending;
        pending = STREAMED;
        state = State.TYPE;
      }
      default -> throw notRedis(type);
    }
  }

  /** What came with the last scan is of no use to anyone. */
  private NotRedisException notRedis(byte found) {
    inReply = inReplyBefore;
    return new NotRedisException(found);
  }

  private void endString() {
    if (type == ';') {
      state = State.TYPE;
    } else {
      endElement();
    }
  }

  private void endElement() {
    state = State.TYPE;
    if (pending != STREAMED && --pending == 0) {
      inReply = false;
      if (!push) {
        completed++;
        ended++;
      } else if (itemByItem) {
        ended++;
      }
    }
  }
}
