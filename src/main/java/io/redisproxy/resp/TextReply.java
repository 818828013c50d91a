package io.redisproxy.resp;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Takes a whole reply apart that consists of short texts without line breaks, and of arrays of
 * them: what the proxy itself asks for, in RESP2.
 */
public final class TextReply {
  private final Iterator<String> lines;

  private TextReply(String reply) {
    lines = reply.lines().iterator();
  }

  /**
   * The texts as {@link String}, arrays as {@link List}, and null.
   *
   * @param reply as the protocol writes it; the last line break may lack
   * @throws IllegalArgumentException when it is an error, or not such a reply
   */
  public static Object parse(String reply) {
    try {
      return new TextReply(reply).next();
    } catch (NoSuchElementException | NumberFormatException e) {
      throw new IllegalArgumentException("it answered what can't be read", e);
    }
  }

  /** The texts of an array that has nothing else. */
  public static List<String> texts(Object array) {
    List<String> texts = new ArrayList<>();
    for (Object element : list(array)) {
      if (!(element instanceof String text)) {
        throw new IllegalArgumentException("it answered an array of something else than texts");
      }
      texts.add(text);
    }
    return texts;
  }

  /** The elements of an array. */
  public static List<?> list(Object array) {
    if (array instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException("it answered something else than an array");
  }

  private Object next() {
    String line = lines.next();
    String rest = line.isEmpty() ? "" : line.substring(1);
    switch (line.isEmpty() ? '\0' : line.charAt(0)) {
      case '+', ':' -> {
        return rest;
      }
      case '$' -> {
        int length = Integer.parseInt(rest);
        // Nothing follows an empty text at the end whose line breaks were stripped.
        return length < 0 ? null : length == 0 && !lines.hasNext() ? "" : lines.next();
      }
      case '*' -> {
        int length = Integer.parseInt(rest);
        return length < 0 ? null : array(length);
      }
      default -> throw new IllegalArgumentException("it answered " + line);
    }
  }

  private List<Object> array(int length) {
    List<Object> elements = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      elements.add(next());
    }
    return elements;
  }
}
