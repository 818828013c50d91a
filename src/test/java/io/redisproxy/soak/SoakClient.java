package io.redisproxy.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A client with keys of its own, whose every request has a reply that can't be another's. A reply
 * is right or an error of the proxy; the connection stays, unless it ends inside a reply.
 */
final class SoakClient implements Callable<Void> {
  private static final String PROXY_ERROR = "ERR redis-proxy: ";
  private static final int KEYS = 8;

  private final int port;
  private final int number;
  private final boolean transactions;
  private final Random random;
  private final BooleanSupplier goesOn;
  private final Tally tally;
  private final Counter counter;
  private final int[] sets = new int[KEYS];
  private RawClient client;
  private Long id;
  private int tags;

  /** {@code transactions}: whether it works in such, on a connection to the master of its own. */
  SoakClient(
      int port, int number, boolean transactions, long seed, BooleanSupplier goesOn, Tally tally) {
    this.port = port;
    this.number = number;
    this.transactions = transactions;
    random = new Random(seed + number);
    this.goesOn = goesOn;
    this.tally = tally;
    counter = new Counter("counter:" + number);
  }

  @Override
  public Void call() throws IOException {
    connect();
    while (goesOn.getAsBoolean()) {
      int requests = random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(100);
      List<Expected> round = new ArrayList<>();
      for (int i = 0; i < requests; i++) {
        if (transactions) {
          addTransaction(round);
        } else {
          round.add(request());
        }
      }
      run(round);
    }
    client.close();
    return null;
  }

  private void connect() throws IOException {
    client = new RawClient(port);
    id = null;
  }

  private void run(List<Expected> round) throws IOException {
    int answered = 0;
    long begin = System.nanoTime();
    try {
      client.send(bytes(round));
    } catch (SocketException e) {
      // Reading tells whether it was right to close.
    }
    for (Expected expected : round) {
      long before = client.received();
      Object reply;
      try {
        reply = client.readText();
      } catch (SocketTimeoutException e) {
        throw new AssertionError(
            "%s got no reply to %s, the %dth of %d"
                .formatted(this, expected, answered + 1, round.size()),
            e);
      } catch (EOFException | SocketException e) {
        // What had come of the reply may be lost by a reset, as requests are left that nobody
        // reads.
        boolean mayHaveBegun = e instanceof SocketException || client.received() > before;
        assertThat(transactions || mayHaveBegun)
            .as(
                "%s closed before the reply to %s, the %dth of %d, after %d ms",
                this,
                expected,
                answered + 1,
                round.size(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin))
            .isTrue();
        tally.cutOffs.increment();
        round.stream().skip(answered).forEach(lost -> lost.onLost().accept(true));
        client.close();
        connect();
        return;
      }
      answered++;
      if (reply instanceof RedisError error && isLegal(error)) {
        tally.onError(expected.toString(), error.message());
        expected.onLost().accept(error.message().contains("may have been executed"));
      } else {
        expected.check().accept(reply);
        tally.replies.increment();
      }
    }
  }

  /**
   * An error of the proxy, or what a master says that was started again, is kept busy, or is none
   * any more: not all that it refuses can be sent again, such as what is large.
   */
  private static boolean isLegal(RedisError error) {
    return Stream.of(PROXY_ERROR, "LOADING ", "BUSY ", "READONLY ", "EXECABORT ")
        .anyMatch(error.message()::startsWith);
  }

  private Expected request() {
    String tag = number + "-" + tags++;
    int key = random.nextInt(KEYS);
    return switch (random.nextInt(200) == 0 ? 20 : random.nextInt(12)) {
      case 0 -> counter.increment();
      case 1 -> Expected.equalTo(tag, "ECHO", tag);
      case 2 -> Expected.equalTo(tag, "EVAL_RO", "return ARGV[1]", "0", tag);
      case 3 -> Expected.equalTo(tag, "EVAL", "return ARGV[1]", "1", key(key), tag);
      case 4 -> Expected.equalTo("OK", "SET", key(key), value(key, ++sets[key], 1));
      case 5 -> Expected.equalTo("OK", "MSET", key(key), value(key, ++sets[key], 1), "x", tag);
      case 6 ->
          Expected.of(reply -> checkValues((List<?>) reply, 1, 2), "MGET", "none", key(1), key(2));
      case 7 -> Expected.of(this::checkId, "CLIENT", "ID");
      case 8 -> Expected.of(reply -> assertUnknown(reply, tag), "NOSUCH" + tag, "argument");
      case 9 -> Expected.equalTo(tag, "ECHO " + tag);
      case 10, 11 -> Expected.of(reply -> checkValue(key, reply), "GET", key(key));
      default ->
          random.nextBoolean()
              ? Expected.equalTo("OK", "SET", key(key), value(key, ++sets[key], 8_000))
              : Expected.equalTo(
                  tag.repeat(8_000), "EVAL_RO", "return ARGV[1]", "0", tag.repeat(8_000));
    };
  }

  private void addTransaction(List<Expected> round) {
    String tag = number + "-" + tags++;
    round.add(Expected.equalTo("OK", "MULTI"));
    round.add(Expected.equalTo("QUEUED", counter.increment().request()));
    round.add(Expected.equalTo("QUEUED", "ECHO", tag));
    round.add(
        new Expected(new String[] {"EXEC"}, reply -> checkResults(reply, tag), counter::onLost));
  }

  private void checkResults(Object reply, String tag) {
    assertThat(reply).isInstanceOf(List.class);
    counter.onReply(((List<?>) reply).get(0));
    assertThat(((List<?>) reply).get(1)).isEqualTo(tag);
  }

  private static void assertUnknown(Object reply, String tag) {
    assertThat(((RedisError) reply).message()).contains("unknown command", "NOSUCH" + tag + "'");
  }

  private void checkId(Object reply) {
    assertThat(reply).isInstanceOf(Long.class);
    if (id == null) {
      id = (Long) reply;
    }
    assertThat(reply).isEqualTo(id);
  }

  private void checkValues(List<?> values, int... keys) {
    assertThat(values).hasSize(1 + keys.length);
    assertThat(values.get(0)).isNull();
    for (int i = 0; i < keys.length; i++) {
      checkValue(keys[i], values.get(i + 1));
    }
  }

  /** A replica may not have the last value yet, but has no other key's and none of the future. */
  private void checkValue(int key, Object reply) {
    if (reply != null) {
      String value = (String) reply;
      int end = value.indexOf(';');
      String part = value.substring(0, end + 1);
      assertThat(part).startsWith(key(key) + "=");
      assertThat(Integer.parseInt(part.substring(key(key).length() + 1, end)))
          .isBetween(1, sets[key]);
      assertThat(value.equals(part) || value.equals(part.repeat(8_000)))
          .as("a value in whole: %s", part)
          .isTrue();
    }
  }

  private String key(int key) {
    return "key:" + number + ":" + key;
  }

  private String value(int key, int set, int times) {
    return (key(key) + "=" + set + ";").repeat(times);
  }

  private byte[] bytes(List<Expected> round) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Expected expected : round) {
      String[] words = expected.request();
      bytes.writeBytes(
          words.length == 1
              ? (words[0] + "\r\n").getBytes(StandardCharsets.US_ASCII)
              : RawClient.request(words));
    }
    return bytes.toByteArray();
  }

  @Override
  public String toString() {
    return "client " + number;
  }
}
