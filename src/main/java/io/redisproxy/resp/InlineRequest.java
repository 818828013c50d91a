package io.redisproxy.resp;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A request typed by hand: words between blanks, with Redis' quoting (sds.c, sdssplitargs). In
 * double quotes {@code \n \r \t \b \a \xHH} and an escaped character stand for a byte, in single
 * quotes only {@code \'} does.
 */
public final class InlineRequest {
  private final byte[] line;
  private int at;

  private InlineRequest(byte[] line) {
    this.line = line;
  }

  /**
   * The words of a line.
   *
   * @return null when the quotes don't match, or a closing one is not followed by a blank
   */
  public static List<byte[]> split(byte[] line) {
    return new InlineRequest(line).words();
  }

  private List<byte[]> words() {
    List<byte[]> words = new ArrayList<>();
    while (true) {
      while (at < line.length && isSpace(line[at])) {
        at++;
      }
      // To Redis the line is a C string.
      if (at == line.length || line[at] == 0) {
        return words;
      }
      byte[] word = word();
      if (word == null) {
        return null;
      }
      words.add(word);
    }
  }

  private byte[] word() {
    ByteArrayOutputStream word = new ByteArrayOutputStream();
    while (at < line.length && !endsWord(line[at])) {
      byte b = line[at++];
      if (b == '"' || b == '\'') {
        boolean closed = b == '"' ? doubleQuoted(word) : singleQuoted(word);
        boolean atBlank = at == line.length || line[at] == 0 || isSpace(line[at]);
        return closed && atBlank ? word.toByteArray() : null;
      }
      word.write(b);
    }
    return word.toByteArray();
  }

  private boolean doubleQuoted(ByteArrayOutputStream word) {
    while (at < line.length && line[at] != 0) {
      byte b = line[at++];
      if (b == '"') {
        return true;
      }
      if (b != '\\' || at == line.length || line[at] == 0) {
        word.write(b);
      } else if (line[at] == 'x' && hex(at + 1) >= 0 && hex(at + 2) >= 0) {
        word.write(hex(at + 1) << 4 | hex(at + 2));
        at += 3;
      } else {
        word.write(unescape(line[at++]));
      }
    }
    return false;
  }

  private boolean singleQuoted(ByteArrayOutputStream word) {
    while (at < line.length && line[at] != 0) {
      byte b = line[at++];
      if (b == '\'') {
        return true;
      }
      if (b == '\\' && at < line.length && line[at] == '\'') {
        b = line[at++];
      }
      word.write(b);
    }
    return false;
  }

  private int hex(int index) {
    return index < line.length ? Character.digit((char) line[index], 16) : -1;
  }

  private static int unescape(byte b) {
    return switch (b) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'a' -> 7;
      default -> b;
    };
  }

  /** Fewer than there are blanks before and behind a word. */
  private static boolean endsWord(byte b) {
    return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == 0;
  }

  /** C's isspace. */
  private static boolean isSpace(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }
}
