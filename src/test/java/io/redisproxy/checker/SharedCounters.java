package io.redisproxy.checker;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Keys that all clients count up. What one reads is never less than what any client, itself or
 * another, was told or has read before it asked: a key never goes back in time.
 */
final class SharedCounters {
  private static final int KEYS = 40;

  private final String prefix;
  private final AtomicLongArray atLeast = new AtomicLongArray(Way.values().length * KEYS);

  private enum Way {
    PLAIN,
    PIPELINE,
    TRANSACTION,
    SCRIPT,
    SCRIPT_WITHOUT_KEYS,
    HASH,
    LIST,
    LENGTH,
    SCORE
  }

  SharedCounters(String prefix) {
    this.prefix = prefix;
  }

  /**
   * Counts one up, if it is to write, and reads it.
   *
   * @param withoutKeys whether it may write in a way that could be a write of any key
   */
  void run(Connections connections, boolean write, boolean withoutKeys, Random random, Tally tally)
      throws IOException {
    Way way = Way.values()[random.nextInt(Way.values().length)];
    int index = way.ordinal() * KEYS + random.nextInt(KEYS);
    String key = prefix + index;
    if (write && (withoutKeys || way != Way.SCRIPT_WITHOUT_KEYS)) {
      if (count(way, connections.any(), key, tally) instanceof Long now) {
        raise(index, now);
      } else {
        tally.onError();
      }
    }
    RawClient reader = connections.any();
    long floor = atLeast.get(index);
    Object found = read(way, reader, key);
    if (found instanceof RedisError) {
      tally.onError();
      return;
    }
    long now = number(found);
    tally.onRead(now >= floor, way + " " + key + " was " + now + ", had been " + floor);
    raise(index, now);
  }

  private void raise(int index, long seen) {
    atLeast.accumulateAndGet(index, seen, Math::max);
  }

  /** The new count, or an error. */
  private static Object count(Way way, RawClient client, String key, Tally tally)
      throws IOException {
    return switch (way) {
      case PLAIN -> client.call("INCR", key);
      case PIPELINE -> {
        client.send("INCR " + key + "\r\nGET " + key + "\r\n");
        Object count = client.readText();
        Object found = client.readText();
        if (count instanceof Long written && !(found instanceof RedisError)) {
          tally.onRead(number(found) >= written, "in a pipeline " + key + " was " + found);
        }
        yield count;
      }
      case TRANSACTION -> {
        client.send("MULTI\r\nINCR " + key + "\r\nEXEC\r\n");
        client.readText();
        client.readText();
        yield client.readText() instanceof List<?> results ? results.get(0) : null;
      }
      case SCRIPT -> client.call("EVAL", "return redis.call('INCR', KEYS[1])", "1", key);
      case SCRIPT_WITHOUT_KEYS ->
          client.call("EVAL", "return redis.call('INCR', '" + key + "')", "0");
      case HASH -> client.call("HINCRBY", key, "field", "1");
      case LIST -> client.call("RPUSH", key, "x");
      case LENGTH -> client.call("APPEND", key, "x");
      case SCORE -> {
        Object score = client.call("ZINCRBY", key, "1", "member");
        yield score instanceof RedisError ? score : (Object) number(score);
      }
    };
  }

  private static Object read(Way way, RawClient client, String key) throws IOException {
    return switch (way) {
      case HASH -> client.call("HGET", key, "field");
      case LIST -> client.call("LLEN", key);
      case LENGTH -> client.call("STRLEN", key);
      case SCORE -> client.call("ZSCORE", key, "member");
      case SCRIPT -> client.call("EVAL_RO", "return redis.call('GET', KEYS[1])", "1", key);
      default -> client.call("GET", key);
    };
  }

  private static long number(Object found) {
    return found == null ? 0 : (long) Double.parseDouble(found.toString());
  }
}
