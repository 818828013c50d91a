package io.redisproxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * A line with a decimal number, read in any pieces, as strict as Redis' string2ll: no plus sign, no
 * leading zeros, no blanks.
 */
final class DecimalLine {
  private static final long OVERFLOW = Long.MAX_VALUE / 10;

  /** Without its sign; the smallest number of all, which has no positive, is itself. */
  private long value;

  private int length;
  private boolean negative;
  private boolean valid;
  private boolean questionMark;
  private boolean returned;
  private boolean done;

  void reset() {
    value = 0;
    length = 0;
    negative = false;
    valid = true;
    questionMark = false;
    returned = false;
    done = false;
  }

  /**
   * Reads to the end of the line or to {@code limit}; returns the index after what it read. As to
   * Redis, any byte behind the carriage return is a line feed.
   */
  int read(ByteBuf in, int from, int limit) {
    for (int i = from; i < limit; i++) {
      if (returned) {
        done = true;
        return i + 1;
      }
      byte b = in.getByte(i);
      if (b == '\r') {
        returned = true;
      } else {
        accept(b);
      }
    }
    return limit;
  }

  private void accept(byte b) {
    int digit = b - '0';
    if (length == 0 && b == '-') {
      negative = true;
    } else if (digit < 0
        || digit > 9
        || value < 0
        || value > OVERFLOW
        || (value == OVERFLOW && digit > (negative ? 8 : 7))
        || (value == 0 && (negative ? digit == 0 : length > 0))) {
      valid = false;
      questionMark |= b == '?';
    } else {
      value = value * 10 + digit;
    }
    length++;
  }

  /** Whether it is a question mark alone, by which RESP3 says that a length is not known. */
  boolean isQuestionMark() {
    return questionMark && length == 1;
  }

  /** Whether the line has ended. */
  boolean isDone() {
    return done;
  }

  /** Whether the line, with the type before the number, is longer than Redis waits for its end. */
  boolean isTooLong() {
    return length >= RequestDecoder.MAX_LINE && !returned;
  }

  boolean isValid() {
    return valid && length > (negative ? 1 : 0);
  }

  long value() {
    return negative ? -value : value;
  }
}
