package io.redisproxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * Walks over the arguments of one whole request that {@link RequestDecoder} has found, without
 * allocation: their lengths, and their first bytes as words.
 */
public final class ArgumentCursor {
  private ByteBuf in;
  private int at;
  private int left;
  private int length;

  /** Stands before the request's first argument, which is the command's name. */
  public ArgumentCursor start(ByteBuf request, int from) {
    in = request;
    at = from + 1;
    length = -2;
    left = decimal();
    return this;
  }

  /** How many arguments are still to come. */
  public int left() {
    return left;
  }

  /** Goes to the next argument, if there is one. */
  public boolean next() {
    if (left == 0) {
      return false;
    }
    left--;
    at += length + 2 + 1;
    length = decimal();
    return true;
  }

  /** Where its bytes begin in the buffer. */
  public int position() {
    return at;
  }

  /** Whether all of the argument is there, when not all of the request is. */
  public boolean isWhole() {
    return length <= in.writerIndex() - at;
  }

  /** The argument's length in bytes. */
  public int length() {
    return length;
  }

  /** Its bytes {@code 8 * index} and following, the first one lowest, padded with zeros. */
  public long word(int index) {
    long word = 0;
    int from = index * Long.BYTES;
    for (int i = from; i < Math.min(length, from + Long.BYTES); i++) {
      word |= (in.getByte(at + i) & 0xFFL) << ((i - from) * Byte.SIZE);
    }
    return word;
  }

  /** A copy of its bytes. */
  public byte[] bytes() {
    byte[] bytes = new byte[length];
    in.getBytes(at, bytes);
    return bytes;
  }

  private int decimal() {
    int value = 0;
    byte b = in.getByte(at++);
    while (b != '\r') {
      value = value * 10 + b - '0';
      b = in.getByte(at++);
    }
    at++;
    return value;
  }
}
