package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions that need connections of their own when there are too many, or the master is lost. */
class PinLimitTest {
  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient client;
  @AutoClose private RawClient other;

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group, Map.of("event-loops", "1", "node.max-pinned", "1"));
    client = proxy.connect();
    other = proxy.connect();
  }

  @Test
  void whoFindsNoRoomWaitsAndIsServed() throws IOException {
    client.call("MULTI");
    other.send("SET a 1\r\nMULTI\r\nINCR a\r\nEXEC\r\nGET a\r\n");
    assertThat(other.readText()).isEqualTo("OK");
    await().until(() -> proxy.gauge("redis_proxy.node.pinned.waiting") == 1);
    assertThat(client.call("EXEC")).isEqualTo(List.of());
    assertThat(other.readText()).isEqualTo("OK");
    assertThat(other.readText()).isEqualTo("QUEUED");
    assertThat(other.readText()).isEqualTo(List.of(2L));
    assertThat(other.readText()).isEqualTo("2");
    assertThat(proxy.gauge("redis_proxy.node.pinned.waiting")).isZero();
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
  }

  @Test
  void aMessageDoesNotWaitForASubscriptionThatFindsNoRoom() throws IOException {
    client.call("MULTI");
    other.sendCommand("SUBSCRIBE", "a");
    await().until(() -> proxy.gauge("redis_proxy.node.pinned.waiting") == 1);
    try (RawClient third = proxy.connect()) {
      assertThat(third.call("PUBLISH", "a", "x")).isEqualTo(0L);
    }
    assertThat(client.call("DISCARD")).isEqualTo("OK");
    assertThat(other.readText()).isEqualTo(List.of("subscribe", "a", 1L));
  }

  @Test
  void whoGivesUpWaitingStandsInNobodysWay() throws IOException {
    client.call("MULTI");
    try (RawClient third = proxy.connect()) {
      third.sendCommand("MULTI");
      await().until(() -> proxy.gauge("redis_proxy.node.pinned.waiting") == 1);
      other.send("MULTI\r\nDISCARD\r\nGET a\r\n");
      await().until(() -> proxy.gauge("redis_proxy.node.pinned.waiting") == 2);
    }
    client.close();
    assertThat(other.readText()).isEqualTo("OK");
    assertThat(other.readText()).isEqualTo("OK");
    assertThat(other.readText()).isNull();
  }

  @Test
  void anotherIdentityDoesNotWaitForRoom() throws IOException {
    client.sendCommand("BLPOP", "l", "0");
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 1);
    assertThat(other.call("SELECT", "3")).isEqualTo("OK");
    assertThat((List<?>) other.call("HELLO", "3")).hasSizeGreaterThan(10);
    assertThat(other.call("SELECT", "0")).isEqualTo("OK");
    assertThat(other.call("RPUSH", "l", "x")).isEqualTo(1L);
    assertThat(client.readText()).isEqualTo(List.of("l", "x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"WATCH a", "MULTI", "CLIENT TRACKING ON"})
  void aStateThatIsLostWithTheMasterEndsTheSession(String line) throws IOException {
    client.call(line.split(" "));
    group.master().kill();
    assertThat(client.closedByPeer()).isTrue();
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
  }

  @Test
  void aSubscriptionThatIsLostWithTheMasterIsMadeAgain() throws IOException {
    client.call("SUBSCRIBE", "a");
    group.master().kill();
    group.master().restart();
    await().until(() -> Long.valueOf(1).equals(other.call("PUBLISH", "a", "x")));
    assertThat(client.readText()).isEqualTo(List.of("message", "a", "x"));
  }

  @Test
  void aBlockedCommandThatIsLostWithTheMasterIsAnError() throws IOException {
    client.sendCommand("BLPOP", "l", "0");
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 1);
    group.master().kill();
    assertThat(((RedisError) client.readText()).message()).startsWith("ERR redis-proxy: node ");
    group.master().restart();
    await().until(() -> "PONG".equals(client.call("PING")));
    await().until(() -> Long.valueOf(1).equals(client.call("RPUSH", "l", "x")));
    assertThat(client.call("BLPOP", "l", "0")).isEqualTo(List.of("l", "x"));
  }
}
