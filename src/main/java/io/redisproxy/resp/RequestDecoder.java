package io.redisproxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * Finds where the requests in a client's bytes begin and end, and which command each one is.
 *
 * <p>It looks at lengths and at the command's name only; argument bytes are skipped, never read. It
 * keeps its place between buffers, so that a request may come in any pieces. What it accepts is
 * what a Redis server accepts (networking.c, processMultibulkBuffer): a request that passes here
 * never makes a server close the connection that it shares with others. Redis doesn't look at the
 * bytes where line breaks have to be; Valkey does from 9.1 on, and closes. So whatever is in their
 * place is made a line break.
 *
 * <pre>{@code
 * int position = in.readerIndex();
 * while (position < in.writerIndex()) {
 *   RequestDecoder.Result result = decoder.next(in, position);
 *   position = decoder.end();
 *   ...
 * }
 * }</pre>
 */
public final class RequestDecoder {

  /** What {@link #next} found. */
  public enum Result {
    /** A whole request ends at {@link #end()}. */
    REQUEST,
    /** The buffer ends inside a request. */
    INCOMPLETE,
    /**
     * The buffer ends inside a request, or a length in it announces one, that is larger than the
     * limit. Told once a request, as soon as it is known; all up to {@link #end()} is of the
     * request.
     */
    LARGE,
    /** A line typed by hand, or a blank one, ends at {@link #end()}; see {@link InlineRequest}. */
    INLINE,
    /** An array without elements ends at {@link #end()}: a server answers nothing. */
    EMPTY,
    /** Not the Redis protocol; {@link #error()} says why, in Redis' words. */
    ERROR
  }

  private enum State {
    START,
    COUNT,
    MARK,
    LENGTH,
    NAME,
    SKIP,
    INLINE,
    FAILED
  }

  /** Redis' PROTO_INLINE_MAX_SIZE: the longest line of any kind. */
  static final int MAX_LINE = 64 * 1024;

  /** The longest argument: the line break behind it has to be counted, too. */
  private static final long MAX_ARGUMENT = Long.MAX_VALUE - 2;

  /** The longest name that any command has; a longer one is no command. */
  private static final int MAX_NAME = 3 * Long.BYTES;

  /**
   * An asterisk, a digit, a line break, a dollar sign, a digit, a line break; the digits left out.
   */
  private static final long PLAIN_HEAD = 0x0A0D_0024_0A0D_002AL;

  private static final long PLAIN_MASK = 0xFFFF_00FF_FFFF_00FFL;

  private static final int NONE = -1;

  private final long maxSize;

  private State state = State.START;
  private int end;
  private String error;

  /** Bytes of the current request in earlier buffers. */
  private long earlier;

  private long argumentsLeft;
  private long bytesLeft;
  private boolean nameSeen;
  private boolean large;

  private int nameLength;
  private long word0;
  private long word1;
  private long word2;

  /** Where the argument behind the name begins, with its header; -1 if it is not a plain one. */
  private int argument = NONE;

  /** The first eight bytes of the last request if that was a plain one; else 0. */
  private long head;

  private final DecimalLine number = new DecimalLine();

  /** {@code maxSize}: the bytes of a request above which it is {@link Result#LARGE}. */
  public RequestDecoder(long maxSize) {
    this.maxSize = maxSize;
  }

  /** Where the last result ends in the buffer given to {@link #next}. */
  public int end() {
    return end;
  }

  /** After {@link Result#ERROR}: the text of the error reply, without its leading {@code -}. */
  public String error() {
    return error;
  }

  /** What comes next is the beginning of a request, such as of the one that it was in. */
  public void restart() {
    state = State.START;
  }

  /** Whether bytes of the current or last request lie in an earlier buffer. */
  public boolean isSplit() {
    return earlier > 0;
  }

  /** The length of the command's name in bytes; the words hold it only up to 24. */
  public int nameLength() {
    return nameLength;
  }

  /**
   * Whether the argument behind the name is whole in the buffer and up to 999 bytes long, so that
   * {@link #argumentAt} and {@link #argumentLength} tell more of it. If not, it may be, too.
   */
  public boolean hasPlainArgument() {
    return argument != NONE;
  }

  /** Where the bytes of the argument behind the name begin in the buffer. */
  public int argumentAt(ByteBuf in) {
    return argument + ShortHeader.lineOf(argumentSize(in));
  }

  public int argumentLength(ByteBuf in) {
    int all = argumentSize(in);
    return all - ShortHeader.lineOf(all) - 2;
  }

  private int argumentSize(ByteBuf in) {
    return ShortHeader.readBehindLineBreak(in.getLongLE(argument - 2));
  }

  /** The first eight bytes of the name, as sent, the first byte lowest, padded with zeros. */
  public long word0() {
    return word0;
  }

  /** Bytes 9 to 16 of the name. */
  public long word1() {
    return word1;
  }

  /** Bytes 17 to 24 of the name. */
  public long word2() {
    return word2;
  }

  /**
   * Reads on from {@code from}, which is where the last result ended, or the start of a new buffer.
   */
  public Result next(ByteBuf in, int from) {
    int limit = in.writerIndex();
    if (state == State.START) {
      earlier = 0;
      int whole = readPlain(in, from, limit);
      if (whole > 0) {
        return finish(Result.REQUEST, whole);
      }
      argument = NONE;
      head = 0;
    }
    int i = from;
    while (i < limit) {
      switch (state) {
        case START -> {
          if (in.getByte(i) == '*') {
            begin();
            i++;
          } else {
            state = State.INLINE;
          }
        }
        case COUNT -> {
          i = number.read(in, i, limit);
          if (!number.isDone()) {
            if (number.isTooLong()) {
              return fail("too big mbulk count string");
            }
            break;
          }
          mend(in, i - 1, '\n');
          argumentsLeft = number.value();
          if (!number.isValid() || argumentsLeft > Integer.MAX_VALUE) {
            return fail("invalid multibulk length");
          }
          if (argumentsLeft <= 0) {
            return finish(Result.EMPTY, i);
          }
          state = State.MARK;
        }
        case MARK -> {
          byte mark = in.getByte(i);
          if (mark != '$') {
            return fail("expected '$', got '" + printable(mark) + "'");
          }
          i++;
          number.reset();
          state = State.LENGTH;
        }
        case LENGTH -> {
          i = number.read(in, i, limit);
          if (!number.isDone()) {
            if (number.isTooLong()) {
              return fail("too big bulk count string");
            }
            break;
          }
          mend(in, i - 1, '\n');
          bytesLeft = number.value();
          if (!number.isValid() || bytesLeft < 0 || bytesLeft > MAX_ARGUMENT) {
            return fail("invalid bulk length");
          }
          beginArgument(bytesLeft);
          if (!large && bytesLeft > maxSize - (earlier + i - from)) {
            large = true;
            return stop(Result.LARGE, from, i);
          }
        }
        case NAME -> {
          i = readName(in, i, limit);
          if (bytesLeft == 0) {
            bytesLeft = 2;
            state = State.SKIP;
          }
        }
        case SKIP -> {
          int skipped = (int) Math.min(bytesLeft, limit - i);
          bytesLeft -= skipped;
          i += skipped;
          if (bytesLeft < 2) {
            mendEnd(in, i, skipped);
          }
          if (bytesLeft == 0) {
            if (--argumentsLeft == 0) {
              return finish(Result.REQUEST, i);
            }
            state = State.MARK;
          }
        }
        case INLINE -> {
          int lineFeed = in.indexOf(i, limit, (byte) '\n');
          if (lineFeed >= 0) {
            return finish(Result.INLINE, lineFeed + 1);
          }
          i = limit;
          if (earlier + i - from > MAX_LINE) {
            return fail("too big inline request");
          }
        }
        case FAILED -> {
          return Result.ERROR;
        }
      }
    }
    if (!large && state != State.INLINE && earlier + i - from > maxSize) {
      large = true;
      return stop(Result.LARGE, from, i);
    }
    return stop(Result.INCOMPLETE, from, i);
  }

  /**
   * Goes on to the request that begins at {@code from}, where the last one ends, if that is like it
   * but for what its arguments say: whole in the buffer, of a name of the same bytes and with as
   * many arguments. It is the last one then; else nothing has changed.
   */
  public boolean nextIsAlike(ByteBuf in, int from) {
    int limit = in.writerIndex();
    if (head == 0
        || limit - from < 2 * Long.BYTES
        || in.getLongLE(from) != head
        || name(in, from, nameLength) != word0) {
      return false;
    }
    int whole = readPlainArguments(in, from, limit, ShortHeader.digit(head, 1), nameLength);
    if (whole > 0) {
      end = whole;
      return true;
    }
    return false;
  }

  /**
   * The short way for nearly all requests: whole in the buffer, with a short name, few arguments
   * and no long ones. Looks at eight bytes an argument.
   *
   * @return the index after the request, or -1 when only the long way can tell what it is
   */
  private int readPlain(ByteBuf in, int from, int limit) {
    if (limit - from < 2 * Long.BYTES) {
      return -1;
    }
    long first = in.getLongLE(from);
    int count = ShortHeader.digit(first, 1);
    int length = ShortHeader.digit(first, 5);
    if ((first & PLAIN_MASK) != PLAIN_HEAD || count < 1 || length < 1 || length > Long.BYTES) {
      return -1;
    }
    int whole = readPlainArguments(in, from, limit, count, length);
    if (whole > 0) {
      head = first;
      nameLength = length;
      word0 = name(in, from, length);
      word1 = 0;
      word2 = 0;
    }
    return whole;
  }

  /** The name of a request with a plain head. */
  private static long name(ByteBuf in, int from, int length) {
    return in.getLongLE(from + Long.BYTES) & (-1L >>> (Long.SIZE - length * Byte.SIZE));
  }

  private int readPlainArguments(ByteBuf in, int from, int limit, int count, int length) {
    int i = from + Long.BYTES + length + 2;
    int behindName = count == 1 ? NONE : i;
    for (int left = count - 1; left > 0; left--) {
      if (limit - i + 2 < Long.BYTES) {
        return -1;
      }
      int size = ShortHeader.readBehindLineBreak(in.getLongLE(i - 2));
      if (size == ShortHeader.OTHER) {
        return -1;
      }
      i += size;
    }
    if (i > limit || i - from > maxSize || in.getShortLE(i - 2) != ShortHeader.LINE_BREAK) {
      return -1;
    }
    argument = behindName;
    return i;
  }

  /** So many bytes were skipped before {@code at}, one or both of the line break among them. */
  private void mendEnd(ByteBuf in, int at, int skipped) {
    int carriageReturn = at + (int) bytesLeft - 2;
    if (carriageReturn >= at - skipped) {
      mend(in, carriageReturn, '\r');
    }
    if (bytesLeft == 0) {
      mend(in, at - 1, '\n');
    }
  }

  private static void mend(ByteBuf in, int at, char right) {
    if (in.getByte(at) != right) {
      in.setByte(at, right);
    }
  }

  private void begin() {
    state = State.COUNT;
    number.reset();
    nameSeen = false;
    large = false;
    nameLength = 0;
    word0 = 0;
    word1 = 0;
    word2 = 0;
  }

  /** The first argument is the command's name; it is read where it fits, all others are skipped. */
  private void beginArgument(long length) {
    if (!nameSeen) {
      nameSeen = true;
      nameLength = (int) Math.min(length, Integer.MAX_VALUE);
      if (length > 0 && length <= MAX_NAME) {
        state = State.NAME;
        return;
      }
    }
    bytesLeft += 2;
    state = State.SKIP;
  }

  private int readName(ByteBuf in, int from, int limit) {
    if (bytesLeft == nameLength && nameLength <= Long.BYTES && limit - from >= Long.BYTES) {
      word0 = in.getLongLE(from) & (-1L >>> (Long.SIZE - nameLength * Byte.SIZE));
      bytesLeft = 0;
      return from + nameLength;
    }
    int i = from;
    while (i < limit && bytesLeft > 0) {
      int at = nameLength - (int) bytesLeft;
      long bits = (in.getByte(i) & 0xFFL) << (at % Long.BYTES * Byte.SIZE);
      switch (at / Long.BYTES) {
        case 0 -> word0 |= bits;
        case 1 -> word1 |= bits;
        default -> word2 |= bits;
      }
      bytesLeft--;
      i++;
    }
    return i;
  }

  private Result finish(Result result, int at) {
    state = State.START;
    end = at;
    return result;
  }

  private Result stop(Result result, int from, int at) {
    earlier += at - from;
    end = at;
    return result;
  }

  private Result fail(String reason) {
    state = State.FAILED;
    error = "ERR Protocol error: " + reason;
    return Result.ERROR;
  }

  /** A line break inside an error reply would end it; Redis writes a space there, too. */
  private static char printable(byte b) {
    return b == '\r' || b == '\n' ? ' ' : (char) (b & 0xFF);
  }
}
