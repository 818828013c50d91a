package io.redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * What a connection is subscribed to, by number, as the node's confirmations tell. It looks at the
 * first and the last bytes of what the node sends, never at a message.
 *
 * <p>In RESP2 a message is an array like any reply, told apart only by its first element; in RESP3
 * both messages and confirmations are pushes.
 */
public final class Subscriptions {

  /** What can be subscribed to; each kind has commands of its own. */
  public enum Kind {
    CHANNEL,
    PATTERN,
    SHARD
  }

  /** What a node sends on a connection with subscriptions. */
  enum Item {
    MESSAGE,
    CONFIRMATION,
    REPLY
  }

  /** The longest head of interest: an aggregate's length, and a first element of 12 bytes. */
  private static final int HEAD = 28;

  /** A line with any integer. */
  private static final int TAIL = 24;

  /** What a message begins with; anything else is a reply, whatever is in it. */
  private char mark;

  private final byte[] head = new byte[HEAD];
  private final byte[] tail = new byte[TAIL];
  private int headLength;
  private int tailLength;

  private int channels;
  private int patterns;
  private int shards;

  Subscriptions(int protocol) {
    speak(protocol);
  }

  /** What comes from now on is of this version of the protocol. */
  final void speak(int protocol) {
    mark = protocol == 2 ? '*' : '>';
  }

  /** How many of a kind there are. */
  public int count(Kind kind) {
    return switch (kind) {
      case CHANNEL -> channels;
      case PATTERN -> patterns;
      case SHARD -> shards;
    };
  }

  public boolean isEmpty() {
    return channels + patterns + shards == 0;
  }

  /** A new item begins. */
  void begin() {
    headLength = 0;
    tailLength = 0;
  }

  /** Bytes of the item. */
  void add(ByteBuf in, int from, int end) {
    int length = end - from;
    int toHead = Math.min(length, HEAD - headLength);
    in.getBytes(from, head, headLength, toHead);
    headLength += toHead;
    int toTail = Math.min(length, TAIL);
    int kept = Math.min(tailLength, TAIL - toTail);
    System.arraycopy(tail, tailLength - kept, tail, 0, kept);
    in.getBytes(end - toTail, tail, kept, toTail);
    tailLength = kept + toTail;
  }

  /** The item has ended: says what it was, and counts it if it was a confirmation. */
  Item end() {
    String word = firstElement();
    switch (word) {
      case "subscribe", "unsubscribe" -> channels = lastInteger() - patterns;
      case "psubscribe", "punsubscribe" -> patterns = lastInteger() - channels;
      case "ssubscribe", "sunsubscribe" -> shards = lastInteger();
      case "message", "pmessage", "smessage" -> {
        return Item.MESSAGE;
      }
      default -> {
        return Item.REPLY;
      }
    }
    return Item.CONFIRMATION;
  }

  /** The bulk string that an aggregate begins with, or nothing. */
  private String firstElement() {
    if (head[0] != mark) {
      return "";
    }
    String text = new String(head, 0, headLength, StandardCharsets.ISO_8859_1);
    int element = text.indexOf("\r\n") + 2;
    int start = text.indexOf("\r\n", element) + 2;
    int end = text.indexOf("\r\n", start);
    return element > 1 && start > 1 && end > 0 ? text.substring(start, end) : "";
  }

  private int lastInteger() {
    String text = new String(tail, 0, tailLength, StandardCharsets.ISO_8859_1).strip();
    return Integer.parseInt(text.substring(text.lastIndexOf(':') + 1));
  }
}
