package io.redisproxy.consistency;

import io.netty.buffer.ByteBuf;

/**
 * Hashes a key where it lies in a buffer, eight bytes at a time. The seed differs from process to
 * process, so that nobody can choose keys that meet in one slot.
 */
final class KeyHash {
  /** Odd, with bits spread evenly: multiplying by it moves each bit into all that are higher. */
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private static final int ROTATION = 29;

  private final long seed;

  KeyHash(long seed) {
    this.seed = seed;
  }

  long hash(int database, ByteBuf in, int from, int length) {
    // The last word overlaps the one before, so the length tells apart what reads the same.
    long hash = mix(seed + database, length);
    int last = from + length - Long.BYTES;
    if (length < Long.BYTES) {
      return spread(mix(hash, shortKey(in, from, length)));
    }
    for (int i = from; i < last; i += Long.BYTES) {
      hash = mix(hash, in.getLongLE(i));
    }
    return spread(mix(hash, in.getLongLE(last)));
  }

  /** Up to seven bytes, each of which is in the word at least once. */
  private static long shortKey(ByteBuf in, int from, int length) {
    if (length >= Integer.BYTES) {
      return in.getUnsignedIntLE(from)
          | (long) in.getIntLE(from + length - Integer.BYTES) << Integer.SIZE;
    }
    return length == 0
        ? 0
        : (in.getByte(from) & 0xFFL)
            | (in.getByte(from + length / 2) & 0xFFL) << Byte.SIZE
            | (in.getByte(from + length - 1) & 0xFFL) << 2 * Byte.SIZE;
  }

  private static long mix(long hash, long word) {
    return Long.rotateLeft((hash ^ word) * MULTIPLIER, ROTATION);
  }

  /** The end of MurmurHash3: every bit of the input changes half of the output's. */
  private static long spread(long hash) {
    hash = (hash ^ hash >>> 33) * 0xFF51AFD7ED558CCDL;
    hash = (hash ^ hash >>> 33) * 0xC4CEB9FE1A85EC53L;
    return hash ^ hash >>> 33;
  }
}
