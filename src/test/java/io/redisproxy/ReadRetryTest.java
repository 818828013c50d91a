package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.LeakWatch;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where a read is sent again, and what happens if it must not be. */
class ReadRetryTest {
  private static final String EXCEEDED =
      "ERR redis-proxy: no replica can serve the read, and the master takes no more reads for them;"
          + " see masterFallback";

  @AutoClose private RedisGroup group;
  @AutoClose private Relay relay;

  @BeforeEach
  void start() {
    group = RedisGroup.start(1);
    group.call(group.master(), "SET", "a", "1");
    group.call(group.master(), "SET", "b", "2");
    group.awaitInSync();
    relay = Relay.to(group.replica(0).port());
  }

  /** In front of the master and the relay to the replica, which no probe finds silent. */
  private TestProxy proxy(String readTimeout, int attempts, MasterFallback fallback) {
    return TestProxy.start(
        Map.of("probe.timeout", "1m", "event-loops", "1"),
        TestProxy.resilient(
            new Resilience(
                Duration.parse("PT" + readTimeout), attempts, fallback, Duration.ofSeconds(1))),
        group.master().port(),
        relay.port());
  }

  @Test
  void aReadThatIsNotAnsweredInTimeIsSentToTheMaster() throws Exception {
    try (TestProxy proxy = proxy("0.1S", 2, MasterFallback.ALWAYS);
        LeakWatch leaks = new LeakWatch();
        RawClient client = proxy.connect()) {
      relay.stall();
      client.sendCommand("GET", "a");
      client.sendCommand("MGET", "a", "b");
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readText()).asString().isEqualTo("[1, 2]");
      relay.resume();
      // What the replica says after all goes to nobody.
      assertThat(client.call("GET", "b")).isEqualTo("2");
      assertThat(proxy.counted("redis_proxy.retries", "reason", "timeout")).isEqualTo(2);
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void aReadThatABusyReplicaRefusesWaitsForAMasterThatIsOutOfReach() throws IOException {
    try (Relay toMaster = Relay.to(group.master().port());
        TestProxy proxy =
            TestProxy.start(
                Map.of("probe.interval", "1h", "event-loops", "1"),
                toMaster.port(),
                group.replica(0).port());
        RawClient client = proxy.connect();
        RawClient script = new RawClient(group.replica(0).port())) {
      group.call(group.replica(0), "CONFIG", "SET", "busy-reply-threshold", "10");
      assertThat(client.call("GET", "a")).isEqualTo("1");
      script.sendCommand("EVAL_RO", "while true do end", "0");
      toMaster.refuse();
      toMaster.cut();
      client.sendCommand("GET", "a");
      await().until(() -> !proxy.isReadable(0));
      toMaster.accept();
      assertThat(client.readText()).isEqualTo("1");
      assertThat(group.call(group.replica(0), "SCRIPT", "KILL")).isEqualTo("OK");
    }
  }

  /** As where a firewall has forgotten it: new ones are in order. */
  @Test
  void aConnectionThatDiedWithoutAWordIsMadeAnewWhenAllIsAnsweredElsewhere() throws IOException {
    try (TestProxy proxy =
            TestProxy.start(
                Map.of("event-loops", "1"),
                TestProxy.resilient(
                    new Resilience(
                        Duration.ofMillis(500), 3, MasterFallback.ALWAYS, Duration.ofSeconds(1))),
                group.master().port(),
                relay.port());
        RawClient client = proxy.connect()) {
      String replica = "127.0.0.1:" + relay.port();
      assertThat(client.call("GET", "a")).isEqualTo("1");
      double losses = proxy.counted("redis_proxy.node.connection.losses", "node", replica);
      relay.swallow();
      // The replicas get it, too, and nobody waits for what they say.
      assertThat((String) client.call("SCRIPT", "LOAD", "return 1")).hasSize(40);
      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(proxy.counted("redis_proxy.retries", "reason", "timeout")).isEqualTo(1);
      await()
          .until(
              () -> proxy.counted("redis_proxy.node.connection.losses", "node", replica) > losses);
      await().until(() -> proxy.isReadable(0));
      long before = group.commandCount(group.replica(0), "get");
      await()
          .until(
              () -> {
                assertThat(client.call("GET", "b")).isEqualTo("2");
                return group.commandCount(group.replica(0), "get") > before + 5;
              });
      assertThat(proxy.counted("redis_proxy.retries", "reason", "timeout")).isEqualTo(1);
    }
  }

  @Test
  void theFirstAnswerCountsAlsoIfItIsThatOfTheLateNode() throws IOException {
    try (TestProxy proxy = proxy("0.1S", 2, MasterFallback.ALWAYS);
        RawClient client = proxy.connect()) {
      relay.stall();
      group.master().pause();
      client.sendCommand("GET", "a");
      client.sendCommand("GET", "b");
      await().until(() -> proxy.counted("redis_proxy.retries") > 0);
      relay.resume();
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readText()).isEqualTo("2");
      group.master().resume();
      for (int i = 0; i < 10; i++) {
        assertThat(client.call("GET", "b")).isEqualTo("2");
        assertThat(client.call("SET", "c", "" + i)).isEqualTo("OK");
      }
    }
  }

  @Test
  void aReadThatWasOvertakenByAWriteOfItsKeyIsNotSentAgain() throws IOException {
    try (Relay toMaster = Relay.to(group.master().port());
        TestProxy proxy =
            TestProxy.start(
                Map.of("probe.timeout", "1m", "event-loops", "1"), toMaster.port(), relay.port());
        RawClient client = proxy.connect()) {
      relay.refuse();
      relay.cut();
      await().until(() -> !proxy.isReadable(0));
      toMaster.stall();
      client.send("GET a\r\n");
      await().until(() -> proxy.counted("redis_proxy.requests", "class", "read") > 0);
      client.send("SET a 3\r\n");
      await().until(() -> proxy.counted("redis_proxy.requests", "class", "write") > 0);
      toMaster.cut();
      toMaster.resume();
      assertThat(((RedisError) client.readReply()).message()).contains("connection lost");
      assertThat(((RedisError) client.readReply()).message()).contains("may have been executed");
    }
  }

  @Test
  void aReadIsSentAgainWhileAWriteOfItsKeyWaitsForIt() throws IOException {
    try (TestProxy proxy = proxy("60S", 3, MasterFallback.ALWAYS);
        RawClient client = proxy.connect();
        RawClient observer = proxy.connect()) {
      relay.stall();
      client.send("GET a\r\n");
      client.send("SET a 3\r\n");
      await().until(() -> ((String) observer.call("PROXY", "CLIENTS")).contains("state=draining"));
      relay.cut();
      relay.resume();
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readText()).isEqualTo("OK");
    }
  }

  @Test
  void aWriteOfAnotherKeyOvertakesNoRead() throws IOException {
    try (TestProxy proxy = proxy("60S", 3, MasterFallback.ALWAYS);
        RawClient client = proxy.connect()) {
      relay.stall();
      client.send("GET b\r\n");
      client.send("SET a 3\r\n");
      await().until(() -> "3".equals(group.call(group.master(), "GET", "a")));
      relay.cut();
      relay.resume();
      assertThat(client.readText()).isEqualTo("2");
      assertThat(client.readText()).isEqualTo("OK");
    }
  }

  @Test
  void aReadIsSentOnceWhereOneAttemptIsAllowed() throws IOException {
    try (TestProxy proxy = proxy("0.1S", 1, MasterFallback.ALWAYS);
        RawClient client = proxy.connect()) {
      relay.stall();
      client.sendCommand("GET", "a");
      await().until(() -> proxy.counted("redis_proxy.requests") > 0);
      relay.cut();
      relay.resume();
      assertThat(((RedisError) client.readReply()).message()).contains("connection lost");
      assertThat(proxy.counted("redis_proxy.retries")).isZero();
    }
  }

  @Test
  void theMasterTakesNoReadsOverIfItNeverShall() throws IOException {
    try (TestProxy proxy = proxy("0.1S", 3, MasterFallback.NEVER);
        RawClient client = proxy.connect()) {
      assertThat(client.call("GET", "a")).isEqualTo("1");
      relay.refuse();
      relay.cut();
      await().until(() -> !proxy.isReadable(0));
      assertThat(client.call("GET", "a")).isEqualTo(new RedisError(EXCEEDED));
      assertThat(client.call("SET", "a", "3")).isEqualTo("OK");
      client.sendCommand("SET", "a", "4");
      client.sendCommand("GET", "b");
      client.sendCommand("SET", "b", "5");
      assertThat(client.readReply()).isEqualTo("OK");
      assertThat(client.readText()).isIn("2", new RedisError(EXCEEDED));
      assertThat(client.readReply()).isEqualTo("OK");
      assertThat(proxy.counted("redis_proxy.errors", "kind", "fallback")).isPositive();
      assertThat(proxy.counted("redis_proxy.fallbacks", "result", "refused")).isPositive();
      relay.accept();
      await().untilAsserted(() -> assertThat(client.call("GET", "a")).isEqualTo("4"));
    }
  }

  @Test
  void theMasterTakesNoMoreReadsOverThanItShall() throws IOException {
    try (TestProxy proxy = proxy("0.1S", 3, new MasterFallback(50));
        RawClient client = proxy.connect()) {
      relay.refuse();
      relay.cut();
      await().until(() -> !proxy.isReadable(0));
      long begun = System.nanoTime();
      int served = 0;
      int refused = 0;
      while (System.nanoTime() - begun < 1_000_000_000L) {
        Object reply = client.call("GET", "a");
        served += "1".equals(reply) ? 1 : 0;
        refused += new RedisError(EXCEEDED).equals(reply) ? 1 : 0;
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      assertThat(served).isBetween(40, (int) (50 + 50 * seconds) + 1);
      assertThat(refused).isPositive();
      assertThat(proxy.counted("redis_proxy.fallbacks", "result", "sent")).isEqualTo(served);
    }
  }
}
