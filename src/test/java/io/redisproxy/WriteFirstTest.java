package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that write all their requests, more than fits anywhere, before they read a reply. */
class WriteFirstTest {
  /** Twice what the kernel keeps of requests and of replies that nobody reads. */
  private static final int REQUESTS = 20_000;

  private static final String KEY = "k".repeat(1000);
  private static final String VALUE = "v".repeat(2000);
  private static final String GET = "*2\r\n$3\r\nGET\r\n$1000\r\n" + KEY + "\r\n";

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy =
        TestProxy.start(
            Map.of("event-loops", "1", "probe.timeout", "1m"),
            // Else the master would be asked in place of a replica that is paused.
            TestProxy.resilient(
                new Resilience(Duration.ofMinutes(1), 1, MasterFallback.ALWAYS, Duration.ZERO)),
            group.master().port(),
            group.replica(0).port());
    group.call(group.master(), "SET", KEY, VALUE);
    group.awaitInSync();
  }

  @Test
  void readsAreAllAnswered() throws IOException {
    try (RawClient client = proxy.connect()) {
      sendAll(client);
      client.sendCommand("PING");
      readAll(client);
      assertThat(client.readText()).isEqualTo("PONG");
    }
  }

  @Test
  void othersAreServedMeanwhile() throws IOException {
    try (RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      for (int i = 0; i < 10; i++) {
        sendAll(client, REQUESTS / 10);
        assertThat(other.call("GET", KEY)).isEqualTo(VALUE);
        assertThat(other.call("SET", "other", "1")).isEqualTo("OK");
      }
      readAll(client);
    }
  }

  @Test
  void othersAreServedWhenAllTheRepliesComeAtOnce() throws IOException {
    int requests = REQUESTS / 5;
    RedisNode replica = group.replica(0);
    try (RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      double before = proxy.counted("redis_proxy.requests");
      replica.pause();
      try {
        sendAll(client, requests);
        await().until(() -> proxy.counted("redis_proxy.requests") == before + requests);
      } finally {
        replica.resume();
      }
      assertThat(other.call("GET", KEY)).isEqualTo(VALUE);
      readAll(client, requests);
    }
  }

  @Test
  void theEndOfTheInputComesBehindAllOfThem() throws IOException {
    try (RawClient client = proxy.connect()) {
      sendAll(client);
      client.shutdownOutput();
      readAll(client);
      assertThat(client.readToEnd()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"WATCH a", "CLIENT TRACKING ON", "SELECT 0", "MULTI", "HELLO 3"})
  void soAreThoseOfASessionWithAState(String state) throws IOException {
    try (RawClient client = proxy.connect()) {
      client.send(state + "\r\n");
      client.readText();
      sendAll(client);
      client.sendCommand(state.equals("MULTI") ? "EXEC" : "PING");
      for (int i = 0; state.equals("MULTI") && i < REQUESTS; i++) {
        assertThat(client.readText()).isEqualTo("QUEUED");
      }
      if (state.equals("MULTI")) {
        assertThat(client.readLine()).isEqualTo("*" + REQUESTS);
      }
      readAll(client);
      if (!state.equals("MULTI")) {
        assertThat(client.readText()).isEqualTo("PONG");
      }
    }
  }

  @Test
  void statesMayChangeOnTheWay() throws IOException {
    try (RawClient client = proxy.connect()) {
      String large = "x".repeat(100_000);
      for (int i = 0; i < 4; i++) {
        sendAll(client, REQUESTS / 4);
        client.sendCommand("SET", "large", large + i);
        client.sendCommand("SELECT", "1");
        client.sendCommand("MULTI");
        client.sendCommand("STRLEN", "large");
        client.sendCommand("EXEC");
        client.sendCommand("BLPOP", "nothing", "0.001");
        client.sendCommand("SELECT", "0");
      }
      for (int i = 0; i < 4; i++) {
        readAll(client, REQUESTS / 4);
        assertThat(client.readText()).isEqualTo("OK");
        assertThat(client.readText()).isEqualTo("OK");
        assertThat(client.readText()).isEqualTo("OK");
        assertThat(client.readText()).isEqualTo("QUEUED");
        assertThat(client.readText()).asString().isEqualTo("[0]");
        assertThat(client.readReply()).isNull();
        assertThat(client.readText()).isEqualTo("OK");
      }
    }
  }

  private static void sendAll(RawClient client) throws IOException {
    sendAll(client, REQUESTS);
  }

  private static void sendAll(RawClient client, int requests) throws IOException {
    int portion = 100;
    for (int i = 0; i < requests; i += portion) {
      client.send(GET.repeat(portion));
    }
  }

  private static void readAll(RawClient client) throws IOException {
    readAll(client, REQUESTS);
  }

  private static void readAll(RawClient client, int requests) throws IOException {
    for (int i = 0; i < requests; i++) {
      assertThat(client.readText()).isEqualTo(VALUE);
    }
  }
}
