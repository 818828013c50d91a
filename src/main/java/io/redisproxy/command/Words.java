package io.redisproxy.command;

/** Reads words and numbers among the arguments of a request. */
final class Words {
  private static final int MOST_DIGITS = 9;

  private Words() {}

  /** Whether the argument is this word in any case. */
  static boolean equal(String capitals, byte[] argument) {
    if (argument.length != capitals.length()) {
      return false;
    }
    for (int i = 0; i < argument.length; i++) {
      byte b = argument[i];
      if ((b >= 'a' && b <= 'z' ? b - 0x20 : b) != capitals.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The number, or 0 for what a server takes for no number of keys. */
  static int count(byte[] argument) {
    if (argument.length > MOST_DIGITS) {
      return 0;
    }
    int number = 0;
    for (byte b : argument) {
      if (b < '0' || b > '9') {
        return 0;
      }
      number = number * 10 + b - '0';
    }
    return number;
  }
}
