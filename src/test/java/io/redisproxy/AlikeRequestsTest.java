package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.CommandOverride;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Requests that are like the one before are not looked at as closely. They must go where they would
 * alone. All clients are on one event loop; what is replicated can be held back.
 */
class AlikeRequestsTest {
  private static final int KEYS = 200;

  @AutoClose private RedisGroup group;
  @AutoClose private Relay replication;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient client;
  @AutoClose private RawClient other;

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(2, "--repl-ping-replica-period", "3600");
    replication = Relay.to(group.master().port());
    group.replicas().forEach(replica -> group.follow(replica, replication.port()));
    group.call(group.master(), "XADD", "stream", "1-1", "a", "b");
    keys().forEach(key -> group.call(group.master(), "SET", key, "old"));
    group.awaitInSync();
    proxy =
        TestProxy.start(
            group,
            Map.of("event-loops", "1"),
            config ->
                ListenerBuilder.like(config)
                    .commands(
                        Map.of(
                            "OBJECT REFCOUNT", CommandOverride.MASTER,
                            "MOD.SUB READ", CommandOverride.READ))
                    .build());
    client = proxy.connect();
    other = proxy.connect();
    await().until(() -> hasReadAtReplica());
    group.resetStats();
  }

  @Test
  void aReadOfWhatWasJustWrittenLeavesThePipelineThatItIsIn() throws IOException {
    replication.stall();
    Random random = new Random(7);
    List<String> written = new ArrayList<>();
    for (int round = 0; round < 20; round++) {
      String key = "key:" + random.nextInt(KEYS);
      written.add(key);
      other.call("SET", key, "new");
      List<String> order = keys();
      Collections.shuffle(order, random);
      List<Object> values = pipeline("GET %s", order);
      for (int i = 0; i < KEYS; i++) {
        assertThat(values.get(i)).isEqualTo(written.contains(order.get(i)) ? "new" : "old");
      }
    }
    long atMaster = group.commandCount(group.master(), "get");
    assertThat(atMaster).isBetween(20L, 20L * written.size());
    assertThat(atMaster + atReplicas("get")).isEqualTo(20L * KEYS);
  }

  @Test
  void everyWriteOfAPipelineIsNoted() throws IOException {
    replication.stall();
    List<String> written = keys().subList(0, KEYS / 2);
    assertThat(pipeline("SET %s new", written)).containsOnly("OK");
    for (String key : keys()) {
      assertThat(other.call("GET", key)).as(key).isEqualTo(written.contains(key) ? "new" : "old");
    }
    // What was not written may share a slot with what was.
    assertThat(atReplicas("get")).isBetween(KEYS / 2 - 5L, KEYS / 2L);
  }

  @Test
  void readsAndWritesOfTheSameKeysStayInOrder() throws IOException {
    byte[] reads = requests("GET %s", keys());
    client.send(reads);
    client.send(requests("SET %s new", keys()));
    client.send(reads);
    for (String expected : List.of("old", "OK", "new")) {
      for (String key : keys()) {
        assertThat(client.readText()).as(key).isEqualTo(expected);
      }
    }
  }

  @Test
  void everyRequestIsCounted() throws IOException {
    double reads = proxy.counted("redis_proxy.requests", "role", "replica");
    double writes = proxy.counted("redis_proxy.requests", "role", "master");
    for (int round = 0; round < 10; round++) {
      pipeline("GET %s", keys());
    }
    pipeline("SET %s new", keys());

    assertThat(proxy.counted("redis_proxy.requests", "role", "replica") - reads)
        .isEqualTo(10.0 * KEYS);
    assertThat(proxy.counted("redis_proxy.requests", "role", "master") - writes).isEqualTo(KEYS);
    assertThat(atReplicas("get")).isEqualTo(10L * KEYS);
  }

  @Test
  void aReadThatWaitsIsNotTakenForOneThatDoesNot() throws IOException {
    client.send(
        RawClient.requests(
            "XREAD COUNT 1 STREAMS stream 0",
            "XREAD BLOCK 0 STREAMS stream $",
            "XREAD COUNT 1 STREAMS stream 0"));
    client.readReply();
    assertThat(other.call("GET", "key:1")).isEqualTo("old");
    assertThat(other.call("SET", "key:1", "new")).isEqualTo("OK");
    assertThat(other.call("XADD", "stream", "2-1", "a", "b")).isEqualTo("2-1");
    assertThat(client.readText()).asString().contains("2-1");
    assertThat(client.readText()).asString().contains("1-1");
    assertThat(group.commandCount(group.master(), "xread")).isPositive();
  }

  @Test
  void subcommandsOfOneNameAreToldApart() throws IOException {
    for (int i = 0; i < 10; i++) {
      client.send(RawClient.requests("OBJECT ENCODING key:1", "OBJECT REFCOUNT key:1"));
      client.readReply();
      client.readReply();
    }
    assertThat(atReplicas("object|encoding")).isEqualTo(10);
    assertThat(group.commandCount(group.master(), "object|refcount")).isEqualTo(10);
  }

  @Test
  void subcommandsThatOnlyTheListenerKnowsAreToldApart() throws IOException {
    double before = proxy.counted("redis_proxy.requests", "role", "master");
    client.send(
        RawClient.requests("MOD.SUB READ x", "MOD.SUB READ x", "MOD.SUB DROP x", "MOD.SUB DROP x"));
    for (int i = 0; i < 4; i++) {
      client.readReply();
    }
    assertThat(proxy.counted("redis_proxy.requests", "role", "master") - before).isEqualTo(2);
  }

  @Test
  void requestsWithoutTheKeyThatTheyNeedAreRefusedByTheServer() throws IOException {
    replication.stall();
    other.call("SET", "key:1", "new");
    client.send(RawClient.requests("GET", "GET", "GET", "INCR", "INCR", "INCR"));
    for (int i = 0; i < 6; i++) {
      assertThat(client.readText()).asString().contains("wrong number of arguments");
    }
    assertThat(client.call("GET", "key:1")).isEqualTo("new");
  }

  private boolean hasReadAtReplica() throws IOException {
    client.call("GET", "key:0");
    return group.replicas().stream().allMatch(each -> group.commandCount(each, "get") > 0);
  }

  private List<Object> pipeline(String pattern, List<String> keys) throws IOException {
    client.send(requests(pattern, keys));
    List<Object> replies = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      replies.add(client.readText());
    }
    return replies;
  }

  /** Requests for each key, which stands where the pattern has {@code %s}. */
  private static byte[] requests(String pattern, List<String> keys) {
    return RawClient.requests(keys.stream().map(pattern::formatted).toArray(String[]::new));
  }

  private long atReplicas(String command) {
    return group.replicas().stream()
        .mapToLong((RedisNode replica) -> group.commandCount(replica, command))
        .sum();
  }

  private static List<String> keys() {
    return new ArrayList<>(IntStream.range(0, KEYS).mapToObj(i -> "key:" + i).toList());
  }
}
