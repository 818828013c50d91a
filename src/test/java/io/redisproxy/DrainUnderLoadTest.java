package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RedisGroup;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** As in a rolling update: one proxy after the other takes over the clients of the one before. */
class DrainUnderLoadTest {
  private static final int CLIENTS = 200;
  private static final int DRAINS = 20;
  private static final Map<String, String> SETTINGS = Map.of("drain.delay", "200ms");

  private volatile TestProxy current;

  @Test
  void noReplyIsLostAndNoRequestIsRunWithoutOne() throws Exception {
    try (RedisGroup group = RedisGroup.start(1)) {
      current = TestProxy.start(group, SETTINGS);
      try (CountingClients clients = new CountingClients(CLIENTS, () -> current.port())) {
        for (int i = 0; i < DRAINS; i++) {
          // Each drain has clients to let go, who are in the middle of something.
          long before = clients.replies();
          await().until(() -> clients.replies() > before + 5L * CLIENTS);
          TestProxy drained = current;
          current = TestProxy.start(group, SETTINGS);
          assertThat(drained.drain()).succeedsWithin(20, TimeUnit.SECONDS);
          drained.close();
          assertThat(clients.errors()).isEmpty();
        }
        assertThat(clients.ends()).isGreaterThan((long) DRAINS * CLIENTS / 2);
      } finally {
        current.close();
      }
    }
  }
}
