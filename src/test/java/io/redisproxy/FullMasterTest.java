package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A master that takes no more connections than it has. */
class FullMasterTest {
  private static final RedisError FULL = new RedisError("ERR max number of clients reached");

  /** More than the kernel and the proxy keep for a client that takes nothing. */
  private static final int LARGE = 32 * 1024 * 1024;

  @AutoClose private final RedisGroup group = RedisGroup.start(0);

  @AutoClose
  private final TestProxy proxy =
      TestProxy.start(
          group,
          Map.of("event-loops", "1", "client.output-limit", "1M", "client.slow-timeout", "1m"));

  @AutoClose private RawClient admin;
  @AutoClose private RawClient client;

  @BeforeEach
  void fill() throws IOException {
    admin = new RawClient(group.master().port());
    client = proxy.connect();
    assertThat(client.call("SET", "key", "value")).isEqualTo("OK");
    limit(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BLPOP list 0",
        "WATCH key",
        "SELECT 1",
        "SUBSCRIBE channel",
        "CLIENT TRACKING ON",
        "CLIENT NO-TOUCH ON",
        "HELLO 3",
        "AUTH default nopass"
      })
  void whoNeedsAConnectionIsToldSoAndGoesOn(String command) throws IOException {
    for (int i = 0; i < 3; i++) {
      assertThat(client.call(command.split(" "))).isEqualTo(FULL);
      assertThat(client.call("GET", "key")).isEqualTo("value");
    }
    limit(1000);
    assertThat(client.call("SELECT", "1")).isEqualTo("OK");
    assertThat(client.call("GET", "key")).isNull();
  }

  /** What the client has sent behind MULTI does not run without. */
  @Test
  void aTransactionFailsAsAWhole() throws IOException {
    for (int i = 0; i < 3; i++) {
      client.send(RawClient.requests("MULTI", "SET key other", "EXEC"));
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readReply()).isEqualTo(FULL);
      assertThat(client.readReply())
          .isEqualTo(
              new RedisError("EXECABORT Transaction discarded because of: " + FULL.message()));
      assertThat(client.call("GET", "key")).isEqualTo("value");
    }
    assertThat(client.call("MULTI")).isEqualTo("OK");
    assertThat(client.call("SET", "key", "other")).isEqualTo(FULL);
    assertThat(client.call("DISCARD")).isEqualTo("OK");
    limit(1000);
    client.send(RawClient.requests("MULTI", "SET key other", "EXEC", "GET key"));
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("QUEUED");
    client.readReply();
    assertThat(client.readText()).isEqualTo("other");
  }

  @Test
  void whoMonitorsIsToldSo() throws IOException {
    assertThat(client.call("MONITOR")).isEqualTo(FULL);
    assertThat(client.closedByPeer()).isTrue();
  }

  /** By clients that have connections of their own identity. */
  @ParameterizedTest
  @ValueSource(strings = {"PING", "SELECT 1", "HELLO 3"})
  void whatOthersSendWaitsBehindALargeReply(String identity) throws IOException {
    try (RawClient slow = connect(identity);
        RawClient other = connect(identity)) {
      occupy(slow);
      other.send(RawClient.requests("INCR counter", "INCR counter", "GET counter"));
      awaitRefusal();
      other.send(RawClient.requests("INCR counter", "INCR counter"));
      assertThat(slow.read(LARGE + 2)).hasSize(LARGE + 2);
      assertThat(other.readText()).isEqualTo(1L);
      assertThat(other.readText()).isEqualTo(2L);
      assertThat(other.readText()).isEqualTo("2");
      assertThat(other.readText()).isEqualTo(3L);
      assertThat(other.readText()).isEqualTo(4L);
      assertThat(slow.call("GET", "counter")).isEqualTo("4");
      assertThat(proxy.counted("redis_proxy.errors")).isZero();
      assertThat(proxy.counted("redis_proxy.topology.changes", "change", "down")).isZero();
    }
  }

  @Test
  void whatWaitsGoesOnWhenTheClientOfTheLargeReplyIsGone() throws IOException {
    try (RawClient slow = connect("PING")) {
      occupy(slow);
      client.send(RawClient.requests("INCR counter", "INCR counter"));
      awaitRefusal();
      slow.close();
      assertThat(client.readText()).isEqualTo(1L);
      assertThat(client.readText()).isEqualTo(2L);
    }
  }

  @Test
  void itIsNotAskedForAConnectionByEachRequest() throws IOException {
    List<RawClient> others = new ArrayList<>();
    try (RawClient slow = connect("PING")) {
      occupy(slow);
      double before = proxy.counted("redis_proxy.requests");
      for (int i = 1; i <= 10; i++) {
        double sent = before + i;
        others.add(proxy.connect());
        others.get(i - 1).sendCommand("INCR", "counter");
        await().until(() -> proxy.counted("redis_proxy.requests") == sent);
      }
      awaitRefusal();
      assertThat(proxy.counted("redis_proxy.node.connection.losses")).isLessThan(5);
      slow.close();
      for (int i = 1; i <= 10; i++) {
        assertThat(others.get(i - 1).readText()).isEqualTo((long) i);
      }
    } finally {
      RawClient.closeAll(others);
    }
  }

  @Test
  void aConnectionIsMadeBesideOnceThereIsAPlace() throws IOException {
    List<RawClient> others = new ArrayList<>();
    try (RawClient slow = connect("PING")) {
      occupy(slow);
      client.sendCommand("INCR", "counter");
      awaitRefusal();
      limit(1000);
      double before = proxy.counted("redis_proxy.node.connects");
      await()
          .until(
              () -> {
                others.add(proxy.connect());
                others.get(others.size() - 1).sendCommand("INCR", "other");
                return proxy.counted("redis_proxy.node.connects") > before;
              });
      try (RawClient next = proxy.connect()) {
        assertThat(next.call("SET", "key", "new")).isEqualTo("OK");
        limit(1);
        assertThat(next.call("GET", "key")).isEqualTo("new");
      }
      slow.close();
      assertThat(client.readText()).isEqualTo(1L);
    } finally {
      RawClient.closeAll(others);
    }
  }

  /** A client of an identity, for which the master has a place. */
  private RawClient connect(String command) throws IOException {
    limit(1000);
    RawClient connected = proxy.connect();
    assertThat(connected.call(command.split(" "))).isNotInstanceOf(RedisError.class);
    return connected;
  }

  /** The client begins to take a large reply; from now on the master has no place. */
  private void occupy(RawClient slow) throws IOException {
    assertThat(slow.call("SET", "large", "x".repeat(LARGE))).isEqualTo("OK");
    limit(1);
    slow.sendCommand("GET", "large");
    assertThat(slow.readLine()).isEqualTo("$" + LARGE);
  }

  /** Until the proxy knows that it has no connection beside the occupied one. */
  private void awaitRefusal() {
    await().until(() -> proxy.counted("redis_proxy.node.connection.losses") > 0);
  }

  private void limit(int clients) throws IOException {
    assertThat(admin.call("CONFIG", "SET", "maxclients", "" + clients)).isEqualTo("OK");
  }
}
