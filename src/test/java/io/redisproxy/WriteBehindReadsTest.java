package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.LeakWatch;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Reads at a slow replica see nothing that the same client writes behind them: replication is
 * faster than they are.
 */
class WriteBehindReadsTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static RedisNode server;
  @AutoClose private static Relay relay;
  @AutoClose private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    server = RedisNode.start(List.of());
    relay = Relay.to(group.replica(0).port());
    proxy =
        TestProxy.start(
            Map.of("event-loops", "1", "probe.timeout", "1m"), group.master().port(), relay.port());
  }

  @AfterEach
  void letThrough() {
    relay.delayRequests(Duration.ZERO);
    relay.resume();
    group.flushAll();
  }

  /** While the replica says nothing, the last write is not sent; a write of another key is. */
  private void waits(String read, String... writes) throws IOException {
    group.call(group.master(), "SET", "a", "old");
    group.call(group.master(), "SET", "other", "old");
    group.awaitInSync();
    try (RawClient client = proxy.connect();
        RawClient observer = proxy.connect()) {
      awaitAtReplica(client, "GET a");
      relay.stall();
      client.sendCommand(read.split(" "));
      client.sendCommand("SET", "free", "1");
      await().until(() -> "1".equals(group.call(group.master(), "GET", "free")));
      client.send(RawClient.requests(writes));
      await().until(() -> ((String) observer.call("PROXY", "CLIENTS")).contains("state=draining"));
      assertThat(group.call(group.master(), "GET", "a")).isEqualTo("old");
      relay.resume();
      assertThat(client.readText()).asString().contains("old");
      assertThat(client.readText()).isEqualTo("OK");
      for (int i = 0; i < writes.length; i++) {
        client.readReply();
      }
    }
  }

  /** Reads go to the replica from now on, until something is written. */
  private static void awaitAtReplica(RawClient client, String read) {
    String[] explained = ("PROXY EXPLAIN " + read).split(" ");
    await().until(() -> client.call(explained).toString().contains("role, replica"));
  }

  @Test
  void aWriteOfTheKeyWaitsForTheRead() throws IOException {
    waits("GET a", "SET a new");
  }

  @Test
  void aWriteOfTheKeyWaitsBehindOthersLikeIt() throws IOException {
    waits("GET a", "SET b 1", "SET c 1", "SET a new");
  }

  @Test
  void aWriteOfOneOfManyKeysWaits() throws IOException {
    waits("MGET other a", "MSET b 1 a new");
  }

  @Test
  void aWriteOfUnknownKeysWaits() throws IOException {
    waits("GET a", "EVAL return(redis.call('del','a')) 0");
  }

  @Test
  void aScriptThatDeclaresTheKeyWaits() throws IOException {
    waits("EVAL_RO return(redis.call('get',KEYS[1])) 1 a", "EVAL return(1) 1 a");
  }

  @Test
  void repliesAreThoseOfOneServer() throws IOException {
    Random random = new Random(7);
    try (LeakWatch leaks = new LeakWatch();
        RawClient client = proxy.connect();
        RawClient direct = new RawClient(server.port())) {
      for (int round = 0; round < 60; round++) {
        relay.delayRequests(Duration.ofMillis(random.nextInt(8)));
        if (round % 2 == 0) {
          awaitAtReplica(client, "GET k0");
        }
        List<String> requests = new ArrayList<>();
        for (int i = 1 + random.nextInt(20); i > 0; i--) {
          requests.add(request(random, round + "-" + i));
        }
        // Both ways: the read is sent already, or still being gathered, when the write comes.
        boolean inOnePiece = random.nextBoolean();
        if (inOnePiece) {
          client.send(bytesOf(requests, random.nextBoolean()));
        }
        direct.send(bytesOf(requests, false));
        for (String request : inOnePiece ? List.<String>of() : requests) {
          client.send(bytesOf(List.of(request), random.nextBoolean()));
        }
        for (String request : requests) {
          assertThat(client.readText()).as(request).isEqualTo(direct.readText());
        }
      }
      assertThat(leaks.reports()).isEmpty();
    }
  }

  private static byte[] bytesOf(List<String> requests, boolean inline) {
    return inline
        ? (String.join("\r\n", requests) + "\r\n").getBytes(StandardCharsets.UTF_8)
        : RawClient.requests(requests.toArray(String[]::new));
  }

  private static String request(Random random, String value) {
    String key = "k" + random.nextInt(4);
    String other = "k" + random.nextInt(4);
    return switch (random.nextInt(14)) {
      case 0, 1, 2, 3 -> "GET " + key;
      case 4 -> "MGET " + key + " " + other;
      case 5 -> "DBSIZE";
      case 6 -> "EXISTS " + key + " " + other;
      case 7 -> "SELECT " + random.nextInt(2);
      case 8 -> "DEL " + key;
      case 9 -> "RENAME " + key + " " + other;
      case 10 -> "EVAL return(redis.call(ARGV[1],ARGV[2],ARGV[3])) 0 set k1 " + value;
      case 11 -> "FLUSHDB";
      default -> "SET " + key + " " + value;
    };
  }
}
