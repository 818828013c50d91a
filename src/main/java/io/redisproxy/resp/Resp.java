package io.redisproxy.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Writes requests and replies, and takes apart the few requests whose arguments the proxy looks at.
 */
public final class Resp {
  /** What a verbatim string begins with that has no markup. */
  private static final String TEXT = "txt:";

  private Resp() {}

  /**
   * {@code text} without the leading {@code -}; a line break in it becomes a space, as Redis does.
   * Each character is one byte, so that bytes of a request can be quoted as they came.
   */
  public static ByteBuf error(String text) {
    return line('-', text.replace('\r', ' ').replace('\n', ' '));
  }

  public static ByteBuf simple(String text) {
    return line('+', text);
  }

  /** What a client gets that wants no reply. */
  public static ByteBuf nothing() {
    return Unpooled.EMPTY_BUFFER;
  }

  public static ByteBuf integer(long value) {
    return line(':', Long.toString(value));
  }

  /**
   * A bulk string, or null when {@code value} is.
   *
   * @param protocol of the client, 2 or 3
   */
  public static ByteBuf bulk(byte[] value, int protocol) {
    if (value == null) {
      return protocol < 3 ? line('$', "-1") : line('_', "");
    }
    ByteBuf out = Unpooled.buffer(value.length + 16);
    writeBulk(out, value);
    return out;
  }

  /** A bulk string of a text that has one byte a character. */
  public static ByteBuf bulk(String text) {
    return bulk(bytes(text), 2);
  }

  /**
   * Text for people to read, which is taken over; a bulk string for a client that knows nothing
   * else.
   */
  public static ByteBuf verbatim(ByteBuf text, int protocol) {
    int length = text.readableBytes();
    String header =
        protocol < 3 ? "$" + length + "\r\n" : "=" + (length + TEXT.length()) + "\r\n" + TEXT;
    return Unpooled.wrappedBuffer(
        Unpooled.copiedBuffer(header, StandardCharsets.US_ASCII),
        text,
        Unpooled.copiedBuffer("\r\n", StandardCharsets.US_ASCII));
  }

  /** An array of replies, which are taken over. */
  public static ByteBuf array(Collection<ByteBuf> items) {
    return aggregate('*', items.size(), items);
  }

  /**
   * A map of names to replies, which are taken over, in the order given; for a client that knows no
   * maps it is an array in which each name is followed by its value.
   */
  public static ByteBuf map(Map<String, ByteBuf> fields, int protocol) {
    List<ByteBuf> items = new ArrayList<>(2 * fields.size());
    fields.forEach(
        (name, value) -> {
          items.add(bulk(name));
          items.add(value);
        });
    return protocol < 3 ? array(items) : aggregate('%', fields.size(), items);
  }

  /** A request, as an array of bulk strings. */
  public static ByteBuf request(ByteBufAllocator allocator, List<byte[]> arguments) {
    ByteBuf out = allocator.buffer();
    writeRequest(out, arguments);
    return out;
  }

  /** Writes a request behind what is in the buffer. */
  public static void writeRequest(ByteBuf out, List<byte[]> arguments) {
    ByteBufUtil.writeAscii(out, "*" + arguments.size() + "\r\n");
    for (byte[] argument : arguments) {
      writeBulk(out, argument);
    }
  }

  /** The bytes of a text that stands for one byte a character. */
  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The text that stands for any bytes, one character a byte. */
  public static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** See {@link #request(ByteBufAllocator, List)}. */
  public static ByteBuf request(ByteBufAllocator allocator, String... arguments) {
    List<byte[]> bytes = new ArrayList<>(arguments.length);
    for (String argument : arguments) {
      bytes.add(argument.getBytes(StandardCharsets.UTF_8));
    }
    return request(allocator, bytes);
  }

  /** Whether the reply that begins in the buffer is an error. */
  public static boolean isError(ByteBuf reply) {
    return reply.getByte(reply.readerIndex()) == '-';
  }

  /** The text of an error reply that is whole, without its leading {@code -}. */
  public static String errorText(ByteBuf reply) {
    return reply.toString(StandardCharsets.UTF_8).substring(1).stripTrailing();
  }

  /** How many bytes the request takes. */
  public static long requestSize(List<byte[]> arguments) {
    long size = headerSize(arguments.size());
    for (byte[] argument : arguments) {
      size += headerSize(argument.length) + argument.length + 2;
    }
    return size;
  }

  private static int headerSize(int number) {
    return 1 + Integer.toString(number).length() + 2;
  }

  /** The arguments of one whole request that {@link RequestDecoder} has found, its name first. */
  public static List<byte[]> arguments(ByteBuf request) {
    return arguments(request, request.readerIndex());
  }

  /** The same for a request that begins at {@code from}. */
  public static List<byte[]> arguments(ByteBuf request, int from) {
    ArgumentCursor cursor = new ArgumentCursor().start(request, from);
    List<byte[]> arguments = new ArrayList<>(Math.min(cursor.left(), 64));
    while (cursor.next()) {
      arguments.add(cursor.bytes());
    }
    return arguments;
  }

  private static ByteBuf line(char type, String text) {
    return Unpooled.copiedBuffer(type + text + "\r\n", StandardCharsets.ISO_8859_1);
  }

  private static ByteBuf aggregate(char type, int count, Collection<ByteBuf> items) {
    ByteBuf out = Unpooled.buffer();
    ByteBufUtil.writeAscii(out, type + Integer.toString(count) + "\r\n");
    for (ByteBuf item : items) {
      out.writeBytes(item);
      item.release();
    }
    return out;
  }

  private static void writeBulk(ByteBuf out, byte[] value) {
    ByteBufUtil.writeAscii(out, "$" + value.length + "\r\n");
    out.writeBytes(value);
    out.writeByte('\r').writeByte('\n');
  }
}
