package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Nodes that die, hang, load and come back. */
class NodeFaultTest {
  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2);
    proxy = TestProxy.start(group, Map.of("probe.timeout", "300ms"));
  }

  @Test
  void aKilledReplicaGetsNoReadsUntilItIsBack() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.call("SET", "a", "1");
      group.awaitInSync();
      group.replica(0).kill();
      await().until(() -> !proxy.isReadable(0));
      long before = group.commandCount(group.replica(1), "get");
      for (int i = 0; i < 20; i++) {
        assertThat(client.call("GET", "a")).isEqualTo("1");
      }
      assertThat(group.commandCount(group.replica(1), "get")).isEqualTo(before + 20);

      group.replica(0).restart();
      await().until(proxy::allHealthy);
      await()
          .untilAsserted(
              () -> {
                assertThat(client.call("GET", "a")).isEqualTo("1");
                assertThat(group.commandCount(group.replica(0), "get")).isPositive();
              });
    }
  }

  @Test
  void withoutAHealthyReplicaTheMasterServesReads() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.call("SET", "a", "1");
      group.replica(0).kill();
      group.replica(1).kill();
      await().until(() -> !proxy.isReadable(0) && !proxy.isReadable(1));
      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(group.commandCount(group.master(), "get")).isPositive();
    }
  }

  @Test
  void aReplicaThatHangsGetsNoReadsUntilItAnswersAgain() throws IOException {
    group.replica(0).pause();
    await().until(() -> !proxy.isReadable(0));
    try (RawClient client = proxy.connect()) {
      for (int i = 0; i < 10; i++) {
        assertThat(client.call("GET", "a")).isNull();
      }
    }
    group.replica(0).resume();
    await().until(() -> proxy.isReadable(0));
  }

  @Test
  void aReplicaWithoutItsMasterGetsNoReads() {
    group.call(group.replica(0), "REPLICAOF", "127.0.0.1", "1");
    await().until(() -> !proxy.isReadable(0));
    group.call(group.replica(1), "REPLICAOF", "NO", "ONE");
    await().until(() -> !proxy.isReadable(1));
  }

  @Test
  void withoutTheMasterWritesFailClearlyAndReadsGoOn() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.call("SET", "a", "1");
      group.awaitInSync();
      String address = "127.0.0.1:" + group.master().port();
      group.master().kill();
      await()
          .untilAsserted(
              () ->
                  assertThat(((RedisError) client.call("SET", "a", "2")).message())
                      .startsWith(
                          "ERR redis-proxy: no master is known: node "
                              + address
                              + " can't be reached: "));
      group.master().restart();
      await().untilAsserted(() -> assertThat(client.call("SET", "a", "3")).isEqualTo("OK"));
    }
  }

  @Test
  void whatWasInFlightOnALostConnectionFailsAndTheClientStays() throws IOException {
    try (Relay relay = Relay.to(group.master().port());
        TestProxy relayed = TestProxy.start(Map.of("probe.timeout", "1m"), relay.port());
        RawClient client = relayed.connect()) {
      assertThat(client.call("SET", "a", "0")).isEqualTo("OK");
      relay.stall();
      client.sendCommand("SET", "a", "1");
      client.sendCommand("CLIENT", "ID");
      client.sendCommand("INCR", "a");
      long sent = relay.requestBytes();
      await().pollDelay(Duration.ofMillis(20)).until(() -> relay.requestBytes() >= sent);
      relay.cut();
      relay.resume();
      String lost = "ERR redis-proxy: node 127.0.0.1:" + relay.port() + ": connection lost";
      assertThat(((RedisError) client.readReply()).message())
          .startsWith(lost)
          .endsWith("; the command may have been executed");
      assertThat(client.readReply()).isInstanceOf(Long.class);
      assertThat(((RedisError) client.readReply()).message()).startsWith(lost);
      await().untilAsserted(() -> assertThat(client.call("SET", "a", "5")).isEqualTo("OK"));
      assertThat(relayed.counted("redis_proxy.errors", "kind", "node_lost")).isEqualTo(2);
    }
  }

  @Test
  void aClientIsCutOffWhenItsReplyIsCutOff() throws IOException {
    int size = 40_000_000;
    group.call(group.master(), "SET", "a", "x".repeat(size));
    try (Relay relay = Relay.to(group.master().port());
        TestProxy relayed = TestProxy.start(Map.of("client.output-limit", "64K"), relay.port());
        RawClient client = relayed.connect();
        RawClient other = relayed.connect()) {
      client.sendCommand("GET", "a");
      assertThat(client.readLine()).isEqualTo("$" + size);
      relay.cut();
      assertThat(client.bytesUntilClosed()).isLessThan(size);
      await().untilAsserted(() -> assertThat(other.call("PING")).isEqualTo("PONG"));
      await().until(() -> relayed.counted("redis_proxy.clients.closed", "cause", "node_lost") == 1);
    }
  }

  @Test
  void whatCameBeforeAReplyThatIsCutOffReachesAClientThatStillSends() throws Exception {
    String small = "y".repeat(1_000);
    group.call(group.master(), "SET", "small", small);
    group.call(group.master(), "SET", "large", "x".repeat(40_000_000));
    try (Relay relay = Relay.to(group.master().port());
        TestProxy relayed =
            TestProxy.start(
                Map.of("client.output-limit", "64K", "probe.interval", "1m"), relay.port());
        RawClient client = relayed.connect()) {
      client.send("GET small\r\n".repeat(20) + "GET large\r\n");
      client.readReply();
      Thread sender = new Thread(() -> sendUntilClosed(client));
      sender.start();
      AtomicLong passed = new AtomicLong();
      // As much has come as the systems on the way take: only probes are answered now.
      await()
          .during(Duration.ofMillis(300))
          .until(() -> relay.replyBytes() - passed.getAndSet(relay.replyBytes()) < 50_000);
      relay.cut();
      for (int i = 1; i < 20; i++) {
        assertThat(client.readText()).isEqualTo(small);
      }
      assertThat(client.readLine()).isEqualTo("$40000000");
      assertThatThrownBy(() -> client.read(40_000_000)).isInstanceOf(EOFException.class);
      sender.join();
    }
  }

  private static void sendUntilClosed(RawClient client) {
    try {
      while (true) {
        client.send("PING\r\n".repeat(1000));
      }
    } catch (IOException closed) {
      // As it should be in the end.
    }
  }

  @Test
  void aPinnedSessionEndsWithTheMaster() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.call("MULTI");
      group.master().kill();
      assertThat(client.closedByPeer()).isTrue();
    }
    try (RawClient client = proxy.connect()) {
      assertThat(((RedisError) client.call("MULTI")).message()).contains("can't be reached");
      assertThat(client.closedByPeer()).isTrue();
    }
  }

  @Test
  void aSessionThatLosesTheMasterBeforeItIsRelayedEnds() throws IOException {
    try (RawClient client = proxy.connect()) {
      group.master().kill();
      client.send("MULTI\r\nSELECT 3\r\nSET a 1\r\n");
      assertThat(((RedisError) client.readReply()).message()).contains("can't be reached");
      assertThat(client.closedByPeer()).isTrue();
    }
  }

  @Test
  void whatFollowsASelectThatCannotBeAskedForDoesNotRunInAnotherDatabase() throws IOException {
    try (RawClient client = proxy.connect()) {
      group.master().kill();
      client.send("SELECT 3\r\nSET a 1\r\n");
      assertThat(((RedisError) client.readReply()).message()).contains("redis-proxy");
      assertThat(client.closedByPeer()).isTrue();
    }
  }
}
