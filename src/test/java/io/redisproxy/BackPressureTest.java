package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Large values, and clients that read or write slowly. */
class BackPressureTest {
  private static final int LARGE = 64 * 1024 * 1024;
  private static final String REQUESTS = "redis_proxy.requests";
  @AutoClose private static RedisGroup group;
  @AutoClose private TestProxy proxy;

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(1);
  }

  @BeforeEach
  void start() {
    proxy =
        TestProxy.start(
            group,
            Map.of(
                "event-loops", "1",
                "client.output-limit", "1M",
                "client.input-limit", "256K",
                "client.slow-timeout", "500ms"));
  }

  @Test
  void largeValuesGoThroughBothWays() throws IOException {
    byte[] value = new byte[LARGE];
    Arrays.fill(value, (byte) 'x');
    try (RawClient client = proxy.connect()) {
      client.send("*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$" + LARGE + "\r\n");
      client.send(value);
      client.send("\r\n*2\r\n$6\r\nSTRLEN\r\n$5\r\nlarge\r\n");
      assertThat(client.readReply()).isEqualTo("PONG");
      assertThat(client.readReply()).isEqualTo("OK");
      assertThat(client.readReply()).isEqualTo((long) LARGE);
      group.awaitInSync();
      assertThat((byte[]) reply(client, "GET", "large")).isEqualTo(value);
      assertThat(client.call("SET", "small", "1")).isEqualTo("OK");
    }
  }

  @Test
  void aLargeRequestIsAsRightAsASmallOne() throws IOException {
    try (RawClient client = proxy.connect()) {
      String[] request = new String[1 + 20_000];
      request[0] = "RPUSH";
      request[1] = "list";
      Arrays.fill(request, 2, request.length, "some-element");
      client.call("DEL", "list");
      assertThat(client.call(request)).isEqualTo(19_999L);
      assertThat(client.call("NOSUCHCOMMAND", "x".repeat(100_000)).toString())
          .contains("unknown command");
      assertThat(client.call("GET", "x".repeat(100_000))).isNull();
      assertThat(client.call("ECHO", "x".repeat(100_000))).isEqualTo("x".repeat(100_000));
    }
  }

  @Test
  void aSlowWriterBlocksNobody() throws IOException {
    try (RawClient slow = proxy.connect();
        RawClient other = proxy.connect()) {
      slow.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$200000\r\n" + "x".repeat(100_000));
      assertThat(other.call("SET", "other", "1")).isEqualTo("OK");
      slow.send("y".repeat(100_000) + "\r\n");
      assertThat(slow.readReply()).isEqualTo("OK");
      assertThat(slow.call("STRLEN", "a")).isIn(200_000L, 0L);
    }
  }

  @Test
  void aSlowReaderOfALargeValueBlocksNobodyAndGetsItAll() throws IOException {
    group.call(group.master(), "SET", "large", "x".repeat(LARGE));
    group.awaitInSync();
    try (RawClient slow = proxy.connect();
        RawClient other = proxy.connect()) {
      slow.sendCommand("GET", "large");
      assertThat(slow.readLine()).isEqualTo("$" + LARGE);
      for (int i = 0; i < 100; i++) {
        assertThat(other.call("GET", "nothing")).isNull();
      }
      // Longer than slow-timeout: as nobody waits for it, it may take its time.
      await()
          .pollDelay(Duration.ofSeconds(1))
          .untilAsserted(() -> assertThat(other.call("PING")).isEqualTo("PONG"));
      assertThat(slow.read(LARGE)).hasSize(LARGE);
      assertThat(slow.read(2)).isEqualTo("\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(slow.call("GET", "nothing")).isNull();
    }
  }

  @Test
  void aReaderThatHoldsUpOthersIsClosed() throws IOException {
    group.call(group.master(), "SET", "large", "x".repeat(LARGE));
    group.awaitInSync();
    try (RawClient slow = proxy.connect();
        RawClient behind = proxy.connect()) {
      // Both go out in the same turn, or at least before the first reply holds the connection up.
      slow.sendCommand("GET", "large");
      behind.sendCommand("GET", "nothing");
      assertThat(behind.readReply()).isNull();
      await()
          .atMost(Duration.ofSeconds(3))
          .until(
              () ->
                  behind.call("PING").equals("PONG")
                      && proxy.counted("redis_proxy.clients.closed", "cause", "slow_client") <= 1);
      assertThat(behind.call("GET", "nothing")).isNull();
    }
  }

  @Test
  void aReaderWhoseRepliesWaitForASilentNodeIsNotToBlame() throws IOException {
    int requests = 12;
    String value = "x".repeat(100_000);
    group.call(group.master(), "SET", "some", value);
    group.awaitInSync();
    try (Relay silent = Relay.to(group.replica(0).port());
        Relay held = Relay.to(group.replica(0).port());
        TestProxy relayed = startWithSilence(silent, held);
        RawClient client = relayed.connect();
        RawClient first = relayed.connect();
        RawClient second = relayed.connect()) {
      silent.stall();
      held.stall();
      // By hand, each is a run of its own, and the replicas take turns.
      client.send("GET some\r\n".repeat(requests));
      await().until(() -> relayed.counted(REQUESTS) == requests);
      double before = relayed.counted(REQUESTS, "node", "127.0.0.1:" + held.port());
      first.send("GET some\r\n");
      await().until(() -> relayed.counted(REQUESTS) == requests + 1);
      boolean firstIsHeld = relayed.counted(REQUESTS, "node", "127.0.0.1:" + held.port()) > before;
      second.send("GET some\r\n");
      await().until(() -> relayed.counted(REQUESTS) == requests + 2);
      held.resume();

      assertThat((firstIsHeld ? first : second).readText()).isEqualTo(value);
      assertThat(relayed.counted("redis_proxy.errors", "kind", "node_silent")).isPositive();
      silent.resume();
      assertThat((firstIsHeld ? second : first).readText()).isEqualTo(value);
      int errors = 0;
      for (int i = 0; i < requests; i++) {
        Object reply = client.readText();
        if (reply instanceof RedisError error) {
          errors++;
          assertThat(error.message())
              .isEqualTo(
                  "ERR redis-proxy: node 127.0.0.1:%d: no answer while later replies waited",
                  silent.port());
        } else {
          assertThat(reply).isEqualTo(value);
        }
      }
      assertThat(errors).isBetween(1, requests / 2);
      for (int i = 0; i < 4; i++) {
        assertThat(client.call("STRLEN", "some")).isEqualTo((long) value.length());
        assertThat(first.call("STRLEN", "some")).isEqualTo((long) value.length());
      }
    }
  }

  private static TestProxy startWithSilence(Relay silent, Relay held) {
    return TestProxy.start(
        Map.of(
            "event-loops", "1",
            "probe.timeout", "1m",
            "client.output-limit", "256K",
            "client.slow-timeout", "300ms"),
        // Else other nodes would be asked in place of the silent one.
        TestProxy.resilient(
            new Resilience(Duration.ofMinutes(1), 1, MasterFallback.ALWAYS, Duration.ZERO)),
        group.master().port(),
        silent.port(),
        held.port());
  }

  @Test
  void aClientThatReadsNothingIsNotReadFrom() throws IOException {
    group.call(group.master(), "SET", "some", "x".repeat(100_000));
    group.awaitInSync();
    try (RawClient greedy = proxy.connect()) {
      byte[] request = "*2\r\n$3\r\nGET\r\n$4\r\nsome\r\n".getBytes(StandardCharsets.US_ASCII);
      Thread writer =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 1_000_000; i++) {
                    greedy.send(request);
                  }
                } catch (IOException e) {
                  // Closed at the end of the test, with the writer still blocked.
                }
              });
      writer.start();
      await()
          .during(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(20))
          .until(() -> proxy.counted("redis_proxy.requests") < 1_000_000 && isStill("in"));
      greedy.close();
      assertThat(writer).satisfies(thread -> joined(thread));
    }
  }

  @Test
  void whoAsksForMuchInFewBytesGetsItAsItReads() throws IOException {
    int lists = 10_000;
    int nameLength = 10_000;
    try (RawClient greedy = proxy.connect()) {
      greedy.call("CLIENT", "SETNAME", "n".repeat(nameLength));
      double before = proxy.counted("redis_proxy.client.bytes", "direction", "out");
      greedy.send("CLIENT INFO\r\n".repeat(lists) + "PING\r\n");
      // All but what the kernel keeps for both ends, which comes on top of the limit.
      assertThat((byte[]) greedy.readReply()).hasSizeGreaterThan(nameLength);
      await()
          .during(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(20))
          .until(() -> isStill("out"));
      assertThat(proxy.counted("redis_proxy.client.bytes", "direction", "out") - before)
          .isLessThan(2000.0 * nameLength);
      for (int i = 1; i < lists; i++) {
        assertThat((byte[]) greedy.readReply()).hasSizeGreaterThan(nameLength);
      }
      assertThat(greedy.readReply()).isEqualTo("PONG");
    }
  }

  private double lastCount = -1;

  private boolean isStill(String direction) {
    double count = proxy.counted("redis_proxy.client.bytes", "direction", direction);
    boolean still = count == lastCount;
    lastCount = count;
    return still;
  }

  private static void joined(Thread thread) {
    await().until(() -> !thread.isAlive());
  }

  private static Object reply(RawClient client, String... command) throws IOException {
    client.sendCommand(command);
    return client.readReply();
  }
}
