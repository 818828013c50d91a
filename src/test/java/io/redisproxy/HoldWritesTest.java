package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.LeakWatch;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that reach no master, or one that is none any more. */
class HoldWritesTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(500);

  /** Of a client with a request that is not answered. */
  private static final String WAITS = ".* (state=holding|pending=[1-9]).*";

  @AutoClose private RedisGroup group;
  private RedisNode old;
  private RedisNode next;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2, "--enable-debug-command", "yes");
    old = group.master();
    next = group.replica(0);
  }

  private TestProxy proxy(Duration holdWrites) {
    return proxy("16M", holdWrites);
  }

  /** Its nodes are probed when there is trouble with them only. */
  private TestProxy proxy(String maxBytes, Duration holdWrites) {
    return TestProxy.start(
        group,
        Map.of("event-loops", "1", "probe.interval", "1h", "hold.max-bytes", maxBytes),
        TestProxy.resilient(
            new Resilience(Duration.ofSeconds(1), 3, MasterFallback.ALWAYS, holdWrites)));
  }

  /** In front of a relay to the master. */
  private TestProxy proxy(Duration holdWrites, Relay relay) {
    return TestProxy.start(
        Map.of("event-loops", "1", "probe.interval", "1h", "client.slow-timeout", "1m"),
        TestProxy.resilient(
            new Resilience(Duration.ofSeconds(1), 3, MasterFallback.ALWAYS, holdWrites)),
        relay.port(),
        next.port());
  }

  /** The master is gone, and the proxy has noticed. */
  private void killMaster(TestProxy proxy) {
    double before = proxy.counted("redis_proxy.node.connection.losses");
    old.kill();
    await().until(() -> proxy.counted("redis_proxy.node.connection.losses") > before);
  }

  /** There is another master, which the proxy has to find. */
  private void promote() {
    group.promote(next);
  }

  /** The master is a replica now, which the proxy does not know. */
  private void demote() {
    group.promote(next);
    group.follow(old, next.port());
  }

  private static void awaitWaiting(TestProxy proxy, int clients) throws IOException {
    awaitClients(proxy, WAITS, clients);
  }

  private static void awaitClients(TestProxy proxy, String pattern, int clients)
      throws IOException {
    try (RawClient other = proxy.connect()) {
      await()
          .until(
              () -> {
                String list = (String) other.call("PROXY", "CLIENTS");
                return list.lines().filter(line -> line.matches(pattern)).count() >= clients;
              });
    }
  }

  @Test
  void writesWaitForAMasterAndKeepTheirOrder() throws IOException {
    try (TestProxy proxy = proxy(LONG);
        LeakWatch leaks = new LeakWatch();
        RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      client.call("GET", "counter");
      killMaster(proxy);
      for (int i = 0; i < 20; i++) {
        client.sendCommand("INCR", "counter");
        client.sendCommand("GET", "counter");
      }
      other.sendCommand("MULTI");
      other.sendCommand("INCR", "other");
      other.sendCommand("EXEC");
      awaitWaiting(proxy, 2);
      promote();

      for (long i = 1; i <= 20; i++) {
        assertThat(client.readText()).isEqualTo(i);
        assertThat(client.readText()).isEqualTo(Long.toString(i));
      }
      assertThat(other.readText()).isEqualTo("OK");
      assertThat(other.readText()).isEqualTo("QUEUED");
      assertThat(other.readText()).isEqualTo(List.of(1L));
      assertThat(proxy.counted("redis_proxy.holds", "result", "sent")).isPositive();
      assertThat(proxy.counted("redis_proxy.errors")).isZero();
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void aLargeWriteWaitsForAMaster() throws Exception {
    String large = "x".repeat(3_000_000);
    try (TestProxy proxy = proxy(LONG);
        LeakWatch leaks = new LeakWatch();
        RawClient client = proxy.connect();
        RawClient gone = proxy.connect()) {
      killMaster(proxy);
      CompletableFuture<Void> sent = client.sendBeside(largeWrite(large));
      gone.send("*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$1000000\r\nnever whole");
      awaitClients(proxy, ".* state=streaming .*", 2);
      gone.close();
      promote();

      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo((long) large.length());
      assertThat(sent).succeedsWithin(Duration.ofSeconds(10));
      assertThat(proxy.counted("redis_proxy.holds", "result", "sent")).isPositive();
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void aLargeWriteThatNoMasterCameForFails() throws Exception {
    try (TestProxy proxy = proxy(SHORT);
        RawClient client = proxy.connect()) {
      killMaster(proxy);
      client.send(largeWrite("x".repeat(100_000)));
      assertThat(((RedisError) client.readReply()).message()).contains("redis-proxy: ");
      assertThat(proxy.counted("redis_proxy.holds", "result", "failed")).isEqualTo(1);
    }
  }

  @Test
  void aLargeRequestThatIsLeftToTheMasterWaitsForIt() throws Exception {
    try (TestProxy proxy = proxy(LONG);
        RawClient client = proxy.connect()) {
      killMaster(proxy);
      client.sendCommand("WATCH", "x".repeat(100_000));
      client.sendCommand("PING");
      awaitWaiting(proxy, 1);
      promote();

      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("PONG");
    }
  }

  @Test
  void aLargeRequestThatIsLeftToTheMasterEndsTheSessionIfNoneComes() throws Exception {
    try (TestProxy proxy = proxy(SHORT);
        RawClient client = proxy.connect()) {
      killMaster(proxy);
      client.sendCommand("WATCH", "x".repeat(100_000));
      client.sendCommand("PING");
      assertThat(client.readToEnd()).matches("-ERR redis-proxy: .*\r\n");
    }
  }

  private static byte[] largeWrite(String value) {
    return RawClient.requests("SET large " + value, "STRLEN large");
  }

  @Test
  void whatNoMasterCameForFailsAtOnceAndClearly() throws IOException {
    try (TestProxy proxy = proxy(SHORT);
        RawClient client = proxy.connect()) {
      client.call("GET", "counter");
      killMaster(proxy);
      long begun = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        client.sendCommand("INCR", "counter");
      }
      for (int i = 0; i < 20; i++) {
        assertThat(((RedisError) client.readReply()).message())
            .startsWith("ERR redis-proxy: ")
            .doesNotContain("may have been executed");
      }
      Duration waited = Duration.ofNanos(System.nanoTime() - begun);
      // Some may have been sent to a connection that was about to be tried once more.
      assertThat(waited).isBetween(SHORT, SHORT.multipliedBy(4));
      assertThat(proxy.counted("redis_proxy.holds", "result", "failed")).isBetween(1.0, 2.0);
      old.restart();
      await().untilAsserted(() -> assertThat(client.call("SET", "a", "1")).isEqualTo("OK"));
    }
  }

  @Test
  void withNoTimeToWaitTheyFailAtOnce() throws IOException {
    try (TestProxy proxy = proxy(Duration.ZERO);
        RawClient client = proxy.connect()) {
      client.call("GET", "counter");
      killMaster(proxy);
      assertThat(((RedisError) client.call("INCR", "counter")).message())
          .startsWith("ERR redis-proxy: ")
          .doesNotContain("may have been executed");
      assertThat(proxy.counted("redis_proxy.holds")).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"MULTI", "WATCH a"})
  void whatIsSentBehindATransactionThatCannotBeginIsNotRun(String begin) throws IOException {
    try (Relay relay = Relay.to(old.port());
        TestProxy proxy = proxy(Duration.ZERO, relay);
        RawClient client = proxy.connect()) {
      // Through the relay, which may not have taken the connection before.
      assertThat(client.call("SET", "b", "1")).isEqualTo("OK");
      // Who is there now doesn't tell whether it is the same as before.
      double before = proxy.counted("redis_proxy.node.connection.losses");
      relay.stall();
      relay.cut();
      await().until(() -> proxy.counted("redis_proxy.node.connection.losses") > before);
      client.send(begin + "\r\nECHO x\r\nEXEC\r\n");
      assertThat(client.readToEnd().lines())
          .singleElement()
          .asString()
          .startsWith("-ERR redis-proxy: ");
    }
  }

  @Test
  void whatTakesTooMuchMemoryToWaitFailsAtOnce() throws IOException {
    try (TestProxy proxy = proxy("10K", LONG);
        RawClient client = proxy.connect()) {
      client.call("GET", "counter");
      killMaster(proxy);
      assertThat(((RedisError) client.call("SET", "a", "x".repeat(15_000))).message())
          .startsWith("ERR redis-proxy: ");
      client.sendCommand("SET", "b", "y");
      promote();
      assertThat(client.readReply()).isEqualTo("OK");
    }
  }

  @Test
  void whoLeavesMeanwhileLeavesNothingBehind() throws IOException {
    try (TestProxy proxy = proxy(LONG);
        LeakWatch leaks = new LeakWatch();
        RawClient client = proxy.connect()) {
      client.call("GET", "counter");
      killMaster(proxy);
      try (RawClient leaving = proxy.connect()) {
        leaving.sendCommand("INCR", "counter");
        awaitWaiting(proxy, 1);
      }
      promote();
      assertThat((Long) client.call("INCR", "counter")).isBetween(1L, 2L);
      await().until(() -> proxy.gauge("redis_proxy.clients") == 1);
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void whatADemotedMasterRefusesIsSentToTheNewOneOnce() throws IOException {
    try (Relay relay = Relay.to(old.port());
        TestProxy proxy = proxy(LONG, relay);
        LeakWatch leaks = new LeakWatch();
        RawClient client = proxy.connect()) {
      assertThat(client.call("INCR", "counter")).isEqualTo(1L);
      group.awaitInSync();
      // They are on their way to the old master when there is another.
      relay.delayRequests(Duration.ofSeconds(1));
      sendApart(proxy, client, Collections.nCopies(10, "INCR counter").toArray(String[]::new));
      client.sendCommand("GET", "counter");
      demote();
      relay.delayRequests(Duration.ZERO);

      for (long i = 2; i <= 11; i++) {
        assertThat(client.readText()).isEqualTo(i);
      }
      assertThat(client.readText()).isEqualTo("11");
      assertThat(group.call(next, "GET", "counter")).isEqualTo("11");
      assertThat(proxy.counted("redis_proxy.retries", "reason", "readonly")).isPositive();
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void readsBehindWhatIsRefusedSeeItWhenItIsWritten() throws IOException {
    try (TestProxy proxy = proxy(LONG);
        RawClient client = proxy.connect()) {
      client.call("SET", "a", "old");
      group.awaitInSync();
      demote();
      old.pause();
      sendApart(proxy, client, "SET a new", "GET a", "GET b", "SET b new");
      sendApart(proxy, client, "GET a", "GET b");
      sendApart(proxy, client, "GET a", "SET a newest", "GET a");
      old.resume();
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("new");
      assertThat(client.readText()).isNull();
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("new");
      assertThat(client.readText()).isEqualTo("new");
      assertThat(client.readText()).isEqualTo("new");
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("newest");
    }
  }

  @Test
  void lateReadsDoNotOvertakeTheWriteBeforeThemToTheNewMaster() throws IOException {
    try (TestProxy proxy = proxy(LONG);
        RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      client.call("SET", "a", "old");
      group.awaitInSync();
      group.call(old, "CLIENT", "PAUSE", "60000", "WRITE");
      sendApart(proxy, client, "SET a new");
      sendApart(proxy, client, "GET a");
      sendApart(proxy, other, "GET a");
      demote();
      // It is late, too, and has no write before it.
      assertThat(other.readText()).isEqualTo("old");
      group.call(old, "CLIENT", "UNPAUSE");
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("new");
      assertThat(other.call("GET", "a")).isEqualTo("new");
    }
  }

  /** Sends commands, as a run of their own, to a node that does not answer. */
  private static void sendApart(TestProxy proxy, RawClient client, String... commands)
      throws IOException {
    double before = proxy.counted("redis_proxy.requests");
    client.send(RawClient.requests(commands));
    // Before the node is given up.
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> proxy.counted("redis_proxy.requests") >= before + commands.length);
  }

  @Test
  void theRefusalIsTheClientsIfNoOtherMasterIsFound() throws IOException {
    try (TestProxy proxy =
            TestProxy.start(
                Map.of("probe.interval", "1h"),
                TestProxy.resilient(
                    new Resilience(Duration.ofSeconds(1), 3, MasterFallback.ALWAYS, SHORT)),
                old.port());
        RawClient client = proxy.connect()) {
      client.call("GET", "a");
      demote();
      assertThat(client.call("SET", "a", "1"))
          .isEqualTo(new RedisError("READONLY You can't write against a read only replica."));
    }
  }

  @Test
  void aReadThatWaitsForTheMasterIsOneOfThoseItTakes() throws IOException {
    try (TestProxy proxy =
            TestProxy.start(
                group,
                Map.of("event-loops", "1"),
                TestProxy.resilient(
                    new Resilience(Duration.ofSeconds(1), 3, new MasterFallback(1000), LONG)));
        RawClient client = proxy.connect()) {
      group.replicas().forEach(RedisNode::kill);
      await().until(() -> !proxy.isReadable(0) && !proxy.isReadable(1));
      killMaster(proxy);
      client.send(RawClient.requests("CLIENT ID", "GET a"));
      assertThat(client.readReply()).isInstanceOf(Long.class);
      old.restart();

      assertThat(client.readReply()).isNull();
      assertThat(proxy.counted("redis_proxy.fallbacks", "result", "sent")).isEqualTo(1);
    }
  }

  @Test
  void nothingIsSentAgainThatCameBeforeWhatWasRun() throws IOException {
    try (TestProxy proxy = proxy(LONG);
        RawClient client = proxy.connect()) {
      client.call("GET", "a");
      demote();
      client.send(RawClient.requests("SET a 1", "CONFIG GET port", "SET b 1"));
      assertThat(client.readReply()).isInstanceOf(RedisError.class);
      assertThat(client.readText()).isEqualTo(List.of("port", "" + old.port()));
      assertThat(client.readReply()).isEqualTo("OK");
      assertThat(group.call(next, "GET", "a")).isNull();
    }
  }

  @Test
  void writesWaitForAMasterThatLoads() throws IOException {
    try (TestProxy proxy = proxy(LONG);
        RawClient client = proxy.connect()) {
      for (int i = 0; i < 100; i++) {
        client.call("SET", "key:" + i, "value".repeat(300));
      }
      group.call(old, "CONFIG", "SET", "key-load-delay", "5000");
      group.call(old, "CONFIG", "SET", "loading-process-events-interval-bytes", "1024");
      Thread reload = new Thread(() -> group.call(old, "DEBUG", "RELOAD"));
      reload.start();
      await().pollInterval(Duration.ofMillis(10)).until(() -> refusesToWrite(old));
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      assertThat(refusesToWrite(old)).isFalse();
      assertThat(client.call("GET", "a")).isEqualTo("1");
    }
  }

  private static boolean refusesToWrite(RedisNode node) throws IOException {
    try (RawClient direct = new RawClient(node.port())) {
      return direct.call("SET", "probe", "1") instanceof RedisError error
          && error.message().startsWith("LOADING");
    }
  }

  @Test
  void whatNeverGetsAConnectionBesideALargeReplyDoesNotWaitForEver() throws IOException {
    group.call(old, "SET", "large", "x".repeat(100_000_000));
    group.awaitInSync();
    try (Relay relay = Relay.to(old.port());
        TestProxy proxy = proxy(SHORT, relay);
        RawClient slow = proxy.connect();
        RawClient writer = proxy.connect();
        RawClient reader = proxy.connect()) {
      // A read that stays in order behind a write.
      slow.send(RawClient.requests("SET a 1", "GETRANGE large 0 -1"));
      assertThat(slow.readReply()).isEqualTo("OK");
      assertThat(slow.readLine()).isEqualTo("$100000000");
      relay.refuse();
      writer.sendCommand("INCR", "counter");
      reader.send(RawClient.requests("OBJECT ENCODING a"));
      assertThat(((RedisError) writer.readReply()).message()).contains("can't be reached");
      assertThat(((RedisError) reader.readReply()).message()).contains("can't be reached");
      relay.accept();
    }
  }

  @Test
  void whatMayHaveReachedTheMasterIsNotSentAgain() throws IOException {
    try (Relay relay = Relay.to(old.port());
        TestProxy proxy =
            TestProxy.start(Map.of("probe.timeout", "1m"), relay.port(), next.port());
        RawClient client = proxy.connect()) {
      assertThat(client.call("INCR", "counter")).isEqualTo(1L);
      relay.delayReplies(Duration.ofSeconds(20));
      client.sendCommand("INCR", "counter");
      await().until(() -> "2".equals(group.call(old, "GET", "counter")));
      relay.delayReplies(Duration.ZERO);
      relay.cut();
      assertThat(((RedisError) client.readReply()).message())
          .endsWith("; the command may have been executed");
      assertThat(client.call("INCR", "counter")).isEqualTo(3L);
    }
  }
}
