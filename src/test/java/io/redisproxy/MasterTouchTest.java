package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.CommandOverride;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.ReadPolicy;
import io.redisproxy.config.ReadPreference;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the master evicts when all reads go to replicas. */
class MasterTouchTest {
  private static final int WANTED = 100;
  private static final String VALUE = "x".repeat(1000);

  @AutoClose private RedisGroup group;

  @BeforeEach
  void start() {
    group = RedisGroup.start(1);
    group.call(group.master(), "CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
    group.call(group.master(), "CONFIG", "SET", "maxmemory-samples", "20");
    // Valkey's own is more than all keys here take, and counts as memory that is used.
    group.call(group.master(), "CONFIG", "SET", "repl-backlog-size", "1mb");
    // Else all keys lose a part of what they are told to be wanted when the clock's minute is over.
    group.call(group.master(), "CONFIG", "SET", "lfu-decay-time", "0");
  }

  /** Nearly all: a key is told nine times on average, and it is chance that some are not at all. */
  @Test
  void theMostWantedKeysAreSparedIfTheMasterIsTold() throws Exception {
    assertThat(survivors(MasterTouchTest::touching)).isGreaterThan(WANTED * 9 / 10);
  }

  /**
   * So that the test above can fail. What happens to be read from the master is touched, too: where
   * all of it was, once, that is tried again.
   */
  @Test
  void theyAreEvictedAsAnyOthersIfItIsNot() {
    await()
        .pollDelay(Duration.ZERO)
        .untilAsserted(
            () ->
                assertThat(survivors(UnaryOperator.identity()))
                    .as("survivors")
                    .isLessThan(WANTED * 9 / 10));
  }

  @Test
  void whatOnlyAModuleKnowsNamesNoKeys() throws IOException {
    try (TestProxy proxy =
            TestProxy.start(
                group,
                Map.of(),
                config ->
                    ListenerBuilder.like(touching(config))
                        .commands(Map.of("MODULE.GET", CommandOverride.READ))
                        .build());
        RawClient client = proxy.connect()) {
      for (int i = 0; i < 100; i++) {
        assertThat(client.call("MODULE.GET", "x")).isInstanceOf(RedisError.class);
      }
      assertThat(proxy.counted("redis_proxy.requests", "role", "replica")).isPositive();
    }
  }

  private static ListenerConfig touching(ListenerConfig config) {
    return TestProxy.preferring(
        config, new ReadPreference(ReadPolicy.ROUND_ROBIN, false, true, Map.of(), Map.of()));
  }

  /** How many of the keys that are read all the time are left when as many others came and went. */
  private long survivors(UnaryOperator<ListenerConfig> refined) throws IOException {
    group.call(group.master(), "CONFIG", "SET", "maxmemory", "0");
    group.call(group.master(), "FLUSHALL");
    try (TestProxy proxy = TestProxy.start(group, Map.of(), refined);
        RawClient client = proxy.connect()) {
      for (int i = 0; i < WANTED; i++) {
        client.call("SET", "wanted:" + i, VALUE);
      }
      client.call("SET", "last", VALUE);
      awaitReadAtReplica(proxy, client);
      for (int round = 0; round < 300; round++) {
        readAll(client);
      }
      limitMemory();
      for (int i = 0; i < 9000; i++) {
        client.call("SET", "other:" + i, VALUE);
        if (i % 100 == 0) {
          readAll(client);
        }
      }
      try (RawClient master = new RawClient(group.master().port())) {
        String[] exists = new String[1 + WANTED];
        exists[0] = "EXISTS";
        for (int i = 0; i < WANTED; i++) {
          exists[1 + i] = "wanted:" + i;
        }
        return (Long) master.call(exists);
      }
    }
  }

  /** Until the replica is known to have all, so that the master is asked for none of the keys. */
  private static void awaitReadAtReplica(TestProxy proxy, RawClient client) {
    await()
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              double before = proxy.counted("redis_proxy.reads", "reason", "replica");
              client.call("GET", "last");
              return proxy.counted("redis_proxy.reads", "reason", "replica") > before;
            });
  }

  private static void readAll(RawClient client) throws IOException {
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < WANTED; i++) {
      requests.append("*2\r\n$3\r\nGET\r\n$").append(("wanted:" + i).length());
      requests.append("\r\nwanted:").append(i).append("\r\n");
    }
    client.send(requests.toString());
    for (int i = 0; i < WANTED; i++) {
      client.readReply();
    }
  }

  /** To what there is, and some 3000 keys more. */
  private void limitMemory() {
    String info = (String) group.call(group.master(), "INFO", "memory");
    long used = Long.parseLong(info.replaceAll("(?s).*used_memory:(\\d+).*", "$1"));
    group.call(group.master(), "CONFIG", "SET", "maxmemory", Long.toString(used + 4_000_000));
  }
}
