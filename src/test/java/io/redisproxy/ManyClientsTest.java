package io.redisproxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** More clients than a server likes to have; the servers see a few connections. */
class ManyClientsTest {
  private static final int CLIENTS = 5_000;
  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(US_ASCII);
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group);
  }

  @Test
  void aWaveOfClientsIsServedAndGoesWithoutATrace() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    double closedBefore = proxy.counted("redis_proxy.clients.closed");
    try {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(proxy.connect());
      }
      await().until(() -> proxy.gauge("redis_proxy.clients") == CLIENTS);
      for (RawClient client : clients) {
        client.send(PING);
      }
      for (RawClient client : clients) {
        assertThat(client.readReply()).isEqualTo("PONG");
      }
      assertThat(clients.get(CLIENTS / 2).call("SET", "a", "1")).isEqualTo("OK");
      // Now and then there is one more for an instant, which looks whether a password is asked for.
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          (String) group.call(group.master(), "CLIENT", "LIST", "TYPE", "normal"))
                      .hasLineCount(5));
      assertThat((String) clients.get(0).call("CLIENT", "LIST")).hasLineCount(CLIENTS);
    } finally {
      RawClient.closeAll(clients);
    }
    await().atMost(30, TimeUnit.SECONDS).until(() -> proxy.gauge("redis_proxy.clients") == 0);
    assertThat(proxy.counted("redis_proxy.clients.closed")).isEqualTo(closedBefore + CLIENTS);
  }

  @Test
  void clientsThatGoAtOnceAreCountedOutAgain() throws IOException {
    double before = proxy.counted("redis_proxy.clients.accepted");
    for (int i = 0; i < 1000; i++) {
      proxy.connect().close();
    }
    await().until(() -> proxy.counted("redis_proxy.clients.accepted") == before + 1000);
    await().until(() -> proxy.gauge("redis_proxy.clients") == 0);
  }
}
