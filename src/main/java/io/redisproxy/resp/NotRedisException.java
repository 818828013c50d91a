package io.redisproxy.resp;

/**
 * A node sent something that is not a reply in the Redis protocol; its connection is of no use any
 * more.
 */
public final class NotRedisException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotRedisException(byte found) {
    super("not the Redis protocol: unexpected byte 0x" + Integer.toHexString(found & 0xFF));
  }
}
