package io.redisproxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that go, or stop, at any moment. */
class ClientFaultTest {
  private static final String HALF =
      "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$200000\r\n" + "x".repeat(100_000);
  private static final String WHOLE = HALF + "x".repeat(100_000) + "\r\n";

  private static final String BYTES = "redis_proxy.client.bytes";
  private static final String CLOSED = "redis_proxy.clients.closed";

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(2);
    proxy = TestProxy.start(group, Map.of("node.pinned-idle", "100ms"));
  }

  @Test
  void aClientThatGoesInTheMiddleOfALargeRequestLeavesNoConnection() throws IOException {
    for (int i = 0; i < 50; i++) {
      try (RawClient client = proxy.connect()) {
        client.send(HALF);
      }
    }
    awaitNoConnectionLeft();
  }

  @Test
  void theServerHasItsSayOnALargeRequestThatEndsTooSoon() throws IOException {
    for (int i = 0; i < 50; i++) {
      try (RawClient client = proxy.connect()) {
        client.send("*2\r\n$4\r\nECHO\r\n$9223372036854775807\r\nx");
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("-ERR Protocol error: invalid bulk length\r\n");
      }
    }
    awaitNoConnectionLeft();
  }

  @Test
  void aClientThatQuitsAfterALargeRequestLeavesNoConnection() throws IOException {
    for (int i = 0; i < 20; i++) {
      try (RawClient client = proxy.connect()) {
        client.send(WHOLE + "QUIT\r\n");
        assertThat(client.readToEnd()).isEqualTo("+OK\r\n+OK\r\n");
      }
    }
    awaitNoConnectionLeft();
  }

  @Test
  void aClientThatEndsItsInputAfterALargeRequestLeavesNoConnection() throws IOException {
    for (int i = 0; i < 20; i++) {
      try (RawClient client = proxy.connect()) {
        client.send(WHOLE);
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("+OK\r\n");
      }
    }
    awaitNoConnectionLeft();
  }

  @Test
  void aSessionThatIsPinnedAfterALargeRequestHasOneConnectionOnly() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.send(WHOLE + "MULTI\r\nEXEC\r\n");
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readReply()).isNotNull();
    }
    awaitNoConnectionLeft();
  }

  @Test
  void aClientThatReadsLateGetsAllTheRepliesOfSeveralNodes() throws IOException {
    int size = 8_000_000;
    group.call(group.master(), "SET", "large", "x".repeat(size));
    group.awaitInSync();
    try (RawClient client = proxy.connect()) {
      // By hand, each is a run of its own, and the replicas take turns.
      client.send("GET large\r\n".repeat(6));
      awaitStill("redis_proxy.node.bytes", "direction", "in");
      for (int i = 0; i < 6; i++) {
        assertThat((byte[]) client.readReply()).hasSize(size);
      }
    } finally {
      group.call(group.master(), "DEL", "large");
    }
  }

  @Test
  void aClientIsNotReadFromWhileRepliesWaitForAnEarlierOne() throws Exception {
    try (Relay relay = Relay.to(group.master().port());
        TestProxy relayed =
            TestProxy.start(
                Map.of("probe.timeout", "1m", "client.output-limit", "1M"), relay.port());
        RawClient client = relayed.connect()) {
      relay.stall();
      client.send("SET a 1\r\n");
      byte[] request = "*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n".repeat(1000).getBytes(US_ASCII);
      Thread writer =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 30; i++) {
                    client.send(request);
                  }
                } catch (IOException e) {
                  // Closed at the end of the test.
                }
              });
      writer.start();
      await().until(() -> relayed.counted(BYTES, "direction", "in") > 10_000);
      awaitStill(relayed, BYTES, "direction", "in");
      assertThat(relayed.counted(BYTES, "direction", "in")).isLessThan(500_000);
      relay.resume();
      assertThat(client.readText()).isEqualTo("OK");
      Object id = client.readReply();
      for (int i = 1; i < 30_000; i++) {
        assertThat(client.readReply()).isEqualTo(id);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET a 1\r\n", "SET a 1\r\nMULTI\r\n"})
  void aClientThatGoesWhileANodeHangsIsNotKept(String requests) throws IOException {
    try (Relay relay = Relay.to(group.master().port());
        TestProxy relayed =
            TestProxy.start(
                Map.of("probe.timeout", "1m", "client.half-closed-timeout", "300ms"),
                relay.port())) {
      relay.stall();
      try (RawClient client = relayed.connect()) {
        client.send(requests);
      }
      await().until(() -> relayed.counted(CLOSED, "cause", "half_closed") == 1);
      assertThat(relayed.gauge("redis_proxy.clients")).isZero();
    }
  }

  @Test
  void aClientThatHasClosedItsSideMayTakeItsTimeAsLongAsItReads() throws IOException {
    int pieces = 15;
    int piece = 4_000_000;
    group.call(group.master(), "SET", "large", "x".repeat(pieces * piece));
    try (TestProxy patient =
            TestProxy.start(Map.of("client.half-closed-timeout", "1500ms"), group.master().port());
        RawClient client = patient.connect()) {
      client.send("GET large\r\n");
      client.shutdownOutput();
      assertThat(client.readLine()).isEqualTo("$" + pieces * piece);
      for (int i = 0; i < pieces; i++) {
        await().pollDelay(Duration.ofMillis(200)).until(() -> client.read(piece).length == piece);
      }
      assertThat(client.readToEnd()).isEqualTo("\r\n");
    } finally {
      group.call(group.master(), "DEL", "large");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET a 1;MULTI;SET a 2;EXEC;GET a",
        "SET a 1;WATCH a;GET a",
        "SELECT 1;MULTI;SET a 2;EXEC;GET a",
        "SELECT 1;SET a 2;SUBSCRIBE c;UNSUBSCRIBE c;GET a",
        "SET a 1;SELECT 1;SET a LARGE;STRLEN a",
        "RPUSH l x;BLPOP l 0;GET a",
        "RPUSH l x y;BLPOP l 0;BLPOP l 0;MULTI;GET a;EXEC",
        "SET a 1;WAIT 0 0;GET a",
        "XADD s 1-1 f v;XREAD STREAMS s 0;GET a",
        "WATCH a;RPUSH l x;BLPOP l 0;GET a"
      })
  void whoEndsItsInputWhileItWaitsIsAnsweredAllTheSame(String lines) throws IOException {
    String[] commands = lines.replace("LARGE", "x".repeat(90_000)).split(";");
    try (Relay relay = Relay.to(group.master().port());
        TestProxy relayed = TestProxy.start(Map.of("probe.timeout", "1m"), relay.port())) {
      group.flushAll();
      relay.delayReplies(Duration.ofMillis(200));
      String atServer = repliesBehindTheEnd(group.master().port(), commands);
      group.flushAll();
      assertThat(repliesBehindTheEnd(relayed.port(), commands)).isEqualTo(atServer);
    }
  }

  @Test
  void whoIsToGetMessagesOfAnotherMayChooseADatabaseMeanwhile() throws IOException {
    try (Relay relay = Relay.to(group.master().port());
        TestProxy relayed = TestProxy.start(Map.of("probe.timeout", "1m"), relay.port());
        RawClient client = relayed.connect();
        RawClient other = relayed.connect()) {
      client.call("CLIENT", "SETNAME", "me");
      String id = client.call("CLIENT", "ID").toString();
      // From here on no more connections are made but for these two.
      client.call("GET", "none");
      other.call("GET", "none");
      relay.delayReplies(Duration.ofMillis(400));
      client.sendCommand("GET", "none");
      int connections = relay.connections();
      other.sendCommand("CLIENT", "TRACKING", "ON", "REDIRECT", id);
      await().until(() -> relay.connections() >= connections + 2);
      // Behind the end of its input it is read from although it waits.
      client.sendCommand("SELECT", "1");
      client.shutdownOutput();
      assertThat(client.readToEnd()).isEqualTo("$-1\r\n+OK\r\n");
    }
  }

  private static String repliesBehindTheEnd(int port, String... commands) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(RawClient.requests(commands));
      client.shutdownOutput();
      return client.readToEnd();
    }
  }

  @Test
  void aClientThatGoesWithoutTheReplyToALargeRequestLeavesNoConnection() throws IOException {
    group.call(group.master(), "SET", "large", "x".repeat(60_000_000));
    group.awaitInSync();
    try (RawClient client = new RawClient(proxy.port(), 4096)) {
      client.send(RawClient.request("MGET", "large", "none".repeat(50_000)));
      client.readLine();
      awaitStill("redis_proxy.node.bytes", "direction", "in");
    } finally {
      group.call(group.master(), "DEL", "large");
    }
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
  }

  private static void awaitStill(String counter, String... tags) {
    awaitStill(proxy, counter, tags);
  }

  private static void awaitStill(TestProxy proxy, String counter, String... tags) {
    double[] last = {-1};
    await()
        .during(Duration.ofMillis(500))
        .until(
            () -> {
              double before = last[0];
              last[0] = proxy.counted(counter, tags);
              return before == last[0];
            });
  }

  private static void awaitNoConnectionLeft() {
    await().until(() -> proxy.gauge("redis_proxy.clients") == 0);
    await().untilAsserted(() -> assertThat(connections()).isEqualTo(idleConnections()));
  }

  /** A probe, a sampler, one of each of the two event loops, and the one that asks. */
  private static long idleConnections() {
    return 5;
  }

  private static long connections() {
    return ((String) group.call(group.master(), "CLIENT", "LIST", "TYPE", "normal"))
        .lines()
        .count();
  }
}
