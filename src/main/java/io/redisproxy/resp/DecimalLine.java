package io.redisproxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * A decimal number up to a carriage return, read in any pieces, as strict as Redis' string2ll: no
 * plus sign, no leading zeros, no blanks.
 */
final class DecimalLine {
  private static final long OVERFLOW = Long.MAX_VALUE / 10;

  /** Without its sign; the smallest number of all, which has no positive, is itself. */
  private long value;

  private int length;
  private boolean negative;
  private boolean valid;
  private boolean done;

  void reset() {
    value = 0;
    length = 0;
    negative = false;
    valid = true;
    done = false;
  }

  /** Reads to the carriage return or to {@code limit}; returns the index after what it read. */
  int read(ByteBuf in, int from, int limit) {
    int i = from;
    while (i < limit) {
      byte b = in.getByte(i++);
      if (b == '\r') {
        done = true;
        return i;
      }
      accept(b);
    }
    return i;
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
    } else {
      value = value * 10 + digit;
    }
    length++;
  }

  /** Whether nothing stands before the carriage return. */
  boolean isEmpty() {
    return length == 0;
  }

  boolean isDone() {
    return done;
  }

  /** Whether the line, with the type before the number, is longer than Redis waits for its end. */
  boolean isTooLong() {
    return length >= RequestDecoder.MAX_LINE;
  }

  boolean isValid() {
    return valid && length > (negative ? 1 : 0);
  }

  long value() {
    return negative ? -value : value;
  }
}
