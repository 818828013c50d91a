package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that go, or stop, at any moment. */
class ClientFaultTest {
  private static final String HALF =
      "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$200000\r\n" + "x".repeat(100_000);
  private static final String WHOLE = HALF + "x".repeat(100_000) + "\r\n";

  private static RedisGroup group;
  private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group);
  }

  @AfterAll
  static void stop() {
    proxy.close();
    group.close();
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
      await().untilAsserted(() -> assertThat(connections()).isEqualTo(idleConnections() + 1));
    }
    awaitNoConnectionLeft();
  }

  private static void awaitNoConnectionLeft() {
    await().until(() -> proxy.gauge("redis_proxy.clients") == 0);
    await().untilAsserted(() -> assertThat(connections()).isEqualTo(idleConnections()));
  }

  /** A probe, one of each of the two event loops, and the one that asks. */
  private static long idleConnections() {
    return 4;
  }

  private static long connections() {
    return ((String) group.call(group.master(), "CLIENT", "LIST", "TYPE", "normal"))
        .lines()
        .count();
  }
}
