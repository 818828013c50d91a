package io.redisproxy.checker;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * One write of keys that no other client has, over one of the client's connections, and reads over
 * any of them, which have to see exactly that.
 */
final class Deed {
  private final Connections connections;
  private final Random random;
  private final Tally tally;
  private final String prefix;
  private final RawClient writer;

  /** What reads have to see after the last write. */
  private final Map<List<String>, Object> seen = new HashMap<>();

  /** A write failed: what it did is not known. */
  static final class FailedException extends Exception {
    private static final long serialVersionUID = 1;

    FailedException(Object reply) {
      super(String.valueOf(reply));
    }
  }

  /** {@code prefix}: what the names of the keys begin with. */
  Deed(Connections connections, Random random, Tally tally, String prefix) throws IOException {
    this.connections = connections;
    this.random = random;
    this.tally = tally;
    this.prefix = prefix;
    writer = connections.any();
  }

  String key(String name) {
    return prefix + name;
  }

  RawClient writer() {
    return writer;
  }

  Connections connections() {
    return connections;
  }

  /** Writes, and waits for the reply. */
  Object write(String... command) throws IOException, FailedException {
    return agreed(writer.call(command));
  }

  /** The reply to a write, if it is no error. */
  Object agreed(Object reply) throws FailedException {
    seen.clear();
    if (reply instanceof RedisError) {
      throw new FailedException(reply);
    }
    return reply;
  }

  /** Sends commands at once, and returns the last of their replies, if none is an error. */
  Object pipeline(RawClient client, String[]... commands) throws IOException, FailedException {
    for (String[] command : commands) {
      client.sendCommand(command);
    }
    Object last = null;
    Object failed = null;
    for (int i = 0; i < commands.length; i++) {
      last = client.readText();
      failed = last instanceof RedisError ? last : failed;
    }
    return agreed(failed == null ? last : failed);
  }

  /** Reads over the connection that wrote, or others. */
  void see(Object expected, String... command) throws IOException {
    seen.put(List.of(command), expected);
    do {
      judge(expected, connections.any().call(command), command);
    } while (random.nextInt(3) == 0);
  }

  /** Reads once more what no later write may have changed. */
  void seeAgain() throws IOException {
    for (Map.Entry<List<String>, Object> each : seen.entrySet()) {
      String[] command = each.getKey().toArray(String[]::new);
      judge(each.getValue(), connections.any().call(command), command);
    }
  }

  void judge(Object expected, Object found, String... command) {
    if (found instanceof RedisError) {
      tally.onError();
      return;
    }
    boolean right = Objects.equals(expected, found);
    tally.onRead(
        right,
        right
            ? null
            : "database "
                + connections.database()
                + ": "
                + Arrays.toString(command)
                + " was "
                + brief(found)
                + ", not "
                + brief(expected));
  }

  private static String brief(Object reply) {
    String text = String.valueOf(reply);
    return text.length() > 60 ? text.substring(0, 60) + "..." : text;
  }
}
