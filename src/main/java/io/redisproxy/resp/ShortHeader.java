package io.redisproxy.resp;

/**
 * The line {@code $12\r\n} ahead of a bulk string of up to 999 bytes, read from one word of eight
 * bytes, the first byte lowest. Nearly all arguments and values have such a line.
 */
final class ShortHeader {
  /** What {@link #read} returns for any other line; only the long way can tell what it is. */
  static final int OTHER = -1;

  /** As two bytes, the first byte lowest. */
  static final short LINE_BREAK = 0x0A0D;

  private ShortHeader() {}

  /** The bytes of the line, of the string and of the line break behind it, taken together. */
  static int read(long word) {
    if ((byte) word != '$') {
      return OTHER;
    }
    int first = digit(word, 1);
    if (first < 0) {
      return OTHER;
    }
    if (isLineBreak(word, 2)) {
      return first + 6;
    }
    int second = digit(word, 2);
    if (second < 0 || first == 0) {
      return OTHER;
    }
    if (isLineBreak(word, 3)) {
      return first * 10 + second + 7;
    }
    int third = digit(word, 3);
    return third >= 0 && isLineBreak(word, 4) ? first * 100 + second * 10 + third + 8 : OTHER;
  }

  /** As {@link #read}, of a word that begins with the line break in front of the line. */
  static int readBehindLineBreak(long word) {
    return isLineBreak(word, 0) ? read(word >>> (2 * Byte.SIZE)) : OTHER;
  }

  /** The bytes of the line alone, out of what {@link #read} returns. */
  static int lineOf(int all) {
    if (all < 10 + 6) {
      return 4;
    }
    return all < 100 + 7 ? 5 : 6;
  }

  /** The digit at an index of the word, or a negative number when there is none. */
  static int digit(long word, int index) {
    int digit = at(word, index) - '0';
    return digit <= 9 ? digit : OTHER;
  }

  private static boolean isLineBreak(long word, int index) {
    return (short) (word >>> (index * Byte.SIZE)) == LINE_BREAK;
  }

  private static int at(long word, int index) {
    return (int) (word >>> (index * Byte.SIZE)) & 0xFF;
  }
}
