package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes that are done long after they were sent, or answered: reads see them all the same. */
class LateWritesTest {
  private static final int REPLICAS = 2;

  @AutoClose private final Opened<Relay> replication = new Opened<>();
  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient client;
  @AutoClose private RawClient reader;

  @BeforeEach
  void start() throws Exception {
    group = RedisGroup.start(REPLICAS, "--repl-ping-replica-period", "3600");
    for (int i = 0; i < REPLICAS; i++) {
      replication.add(Relay.to(group.master().port()));
      group.follow(group.replica(i), replication.get(i).port());
    }
    group.awaitInSync();
    proxy = TestProxy.start(group);
    client = proxy.connect();
    reader = proxy.connect();
  }

  @Test
  void readsOfAnyKindSeeTheWritesBeforeThemInOnePipeline() throws Exception {
    delay();
    String script = "return redis.call('EXISTS', KEYS[1])";
    for (int i = 1; i <= 20; i++) {
      String key = "key" + i;
      client.send(
          request("SET", key, "1")
              + request("GET", key)
              + request("SET", "other", "1")
              + request("EVAL_RO", script, "1", "other")
              + request("DEL", "other")
              + request("DBSIZE")
              + request("SADD", key + "set", "member")
              + request("SCAN", "0", "MATCH", key + "set", "COUNT", "1000")
              + request("DEL", key + "set"));
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo(1L);
      assertThat(client.readText()).isEqualTo(1L);
      assertThat(client.readText()).isEqualTo((long) i);
      assertThat(client.readText()).isEqualTo(1L);
      assertThat(client.readText()).asInstanceOf(LIST).last().isEqualTo(List.of(key + "set"));
      assertThat(client.readText()).isEqualTo(1L);
    }
  }

  private static String request(String... words) {
    StringBuilder request = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      request.append("$" + word.length() + "\r\n" + word + "\r\n");
    }
    return request.toString();
  }

  @Test
  void aLargeWriteOfATransactionIsSeenWhenItIsExecuted() throws Exception {
    client.call("MULTI");
    assertThat(client.call("SET", "key", "x".repeat(100_000))).isEqualTo("QUEUED");
    awaitReadAtReplica("key");
    delay();

    client.call("EXEC");

    assertThat(reader.call("STRLEN", "key")).isEqualTo(100_000L);
  }

  @Test
  void whatIsRelayedIsSeenWheneverItIsDone() throws Exception {
    client.call("MULTI");
    // A node's own connection, from here on.
    client.call("SELECT", "0");
    client.call("EXEC");
    client.sendCommand("PING");
    client.sendCommand("BLMOVE", "from", "to", "LEFT", "RIGHT", "0");
    assertThat(client.readText()).isEqualTo("PONG");
    awaitReadAtReplica("to");
    delay();

    reader.call("RPUSH", "from", "moved");

    assertThat(client.readText()).isEqualTo("moved");
    assertThat(reader.call("LLEN", "to")).isEqualTo(1L);
  }

  @Test
  void readsOfAListThatOneWaitsToMoveToGoToTheMaster() throws Exception {
    awaitReadAtReplica("to");
    client.sendCommand("BLMOVE", "from", "to", "LEFT", "RIGHT", "0");
    await().until(() -> info("blocked_clients:1"));
    double before = readsAtReplicas();

    assertThat(reader.call("LLEN", "to")).isEqualTo(0L);
    assertThat(readsAtReplicas()).isEqualTo(before);

    reader.call("RPUSH", "from", "moved");
    assertThat(client.readText()).isEqualTo("moved");
    assertThat(reader.call("LLEN", "to")).isEqualTo(1L);
    awaitReadAtReplica("to");
  }

  @Test
  void aScriptThatOneReplicaLacksIsNotRunAtAnotherThatIsBehind() throws Exception {
    String script = "return redis.call('GET', KEYS[1])";
    String digest = (String) client.call("SCRIPT", "LOAD", script);
    for (int ahead = 0; ahead < REPLICAS; ahead++) {
      group.call(group.replica(ahead), "SCRIPT", "FLUSH");
      replication.get(1 - ahead).delayReplies(Duration.ofSeconds(1));
      String value = "after " + ahead;
      client.call("SET", "key", value);
      awaitReadAtReplica("key");

      assertThat(reader.call("EVALSHA_RO", digest, "1", "key")).isEqualTo(value);

      replication.get(1 - ahead).delayReplies(Duration.ZERO);
      group.awaitInSync();
      client.call("SCRIPT", "LOAD", script);
    }
  }

  @Test
  void anIterationGoesOnWhenItsReplicaHasWhatWasWrittenMeanwhile() throws Exception {
    fillHash("old");
    awaitReadAtReplica("hash");
    String cursor = beginsIteration();
    delay();
    fillHash("new");

    assertThat(values(reader.call("HSCAN", "hash", cursor, "COUNT", "10000")))
        .isNotEmpty()
        .containsOnly("new");
  }

  @Test
  void anIterationGoesOnBehindAWriteInOnePipeline() throws Exception {
    fillHash("old");
    awaitReadAtReplica("hash");
    String cursor = beginsIteration();
    delay();
    String[] fill = fill("new");
    client.send(request(fill) + request("HSCAN", "hash", cursor, "COUNT", "10000"));

    assertThat(client.readText()).isEqualTo(0L);
    assertThat(values(client.readText())).isNotEmpty().containsOnly("new");
  }

  @Test
  void anIterationEndsWhenItsReplicaIsTooFarBehind() throws Exception {
    fillHash("old");
    awaitReadAtReplica("hash");
    String cursor = beginsIteration();
    replication.forEach(relay -> relay.delayReplies(Duration.ofSeconds(4)));
    fillHash("new");

    assertThat(reader.call("HSCAN", "hash", cursor, "COUNT", "10000"))
        .isEqualTo(
            new RedisError(
                "ERR redis-proxy: the node that gave this cursor is too far behind; begin again with"
                    + " cursor 0"));
    assertThat(values(reader.call("HSCAN", "hash", "0", "COUNT", "10000"))).containsOnly("new");
  }

  /** {@code loaded}: the commands before and behind that which makes the script known. */
  @ParameterizedTest
  @ValueSource(strings = {"", "MULTI;EXEC", "WATCH a;UNWATCH", "REPLCONF;PING"})
  void scriptsThatIterateStayAtTheirReplicaWhenItIsLate(String loaded) throws Exception {
    fillHash("old");
    awaitReadAtReplica("hash");
    String script = "return redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', 100) --" + loaded;
    String digest = load(script, loaded.split(";"));
    delay();
    fillHash("new");
    Set<Object> fields = new HashSet<>();
    String cursor = "0";
    do {
      Object page = reader.call("EVALSHA_RO", digest, "1", "hash", cursor);
      cursor = (String) ((List<?>) page).get(0);
      fields.addAll((List<?>) ((List<?>) page).get(1));
      // The last page may be empty.
      assertThat(values(page)).isSubsetOf("new");
      awaitReadAtReplica("hash");
    } while (!cursor.equals("0"));
    // And the value.
    assertThat(fields).hasSize(1000 + 1);
  }

  private String load(String script, String... around) throws Exception {
    try (RawClient loader = proxy.connect()) {
      List<Object> replies = new ArrayList<>();
      if (around.length > 1) {
        loader.call(around[0].split(" "));
      }
      replies.add(loader.call("SCRIPT", "LOAD", script));
      if (around.length > 1) {
        replies.add(loader.call(around[1].split(" ")));
      }
      Object last = replies.get(replies.size() - 1);
      return (String) (last instanceof List<?> results ? results.get(0) : replies.get(0));
    }
  }

  private void fillHash(String value) throws Exception {
    client.call(fill(value));
  }

  private static String[] fill(String value) {
    List<String> words = new ArrayList<>(List.of("HSET", "hash"));
    for (int i = 0; i < 1000; i++) {
      words.add("field" + i);
      words.add(value);
    }
    return words.toArray(String[]::new);
  }

  /** The cursor of an iteration that has begun at a replica. */
  private String beginsIteration() throws Exception {
    String cursor = (String) ((List<?>) reader.call("HSCAN", "hash", "0", "COUNT", "10")).get(0);
    assertThat(Long.parseLong(cursor)).isGreaterThan(1L << 36);
    return cursor;
  }

  private static List<Object> values(Object reply) {
    List<?> found = (List<?>) ((List<?>) reply).get(1);
    List<Object> values = new ArrayList<>();
    for (int i = 1; i < found.size(); i += 2) {
      values.add(found.get(i));
    }
    return values;
  }

  private void delay() {
    replication.forEach(relay -> relay.delayReplies(Duration.ofSeconds(1)));
  }

  /** Until replicas have all that was written to the key so far. */
  private void awaitReadAtReplica(String key) {
    await()
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              double before = readsAtReplicas();
              reader.call("EXISTS", key);
              return readsAtReplicas() > before;
            });
  }

  private double readsAtReplicas() {
    return proxy.counted("redis_proxy.reads", "reason", "replica");
  }

  private boolean info(String line) {
    return ((String) group.call(group.master(), "INFO", "clients")).contains(line);
  }
}
