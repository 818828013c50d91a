package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.metrics.ReloadResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration changes again and again under clients that are in the middle of something. */
class ReloadUnderLoadTest {
  private static final int CLIENTS = 200;
  private static final int RELOADS = 100;

  /** Of health, of which server is read from, and of what is done when one fails, in turn. */
  private static final List<String> SETTINGS =
      List.of(
          "",
          ", \"probeInterval\": \"20ms\", \"unhealthyAfter\": 5",
          ", \"readPolicy\": \"least-pending\", \"includeMaster\": true",
          ", \"readTimeout\": \"5s\", \"masterFallback\": \"1000000/s\"",
          ", \"hedge\": {\"quantile\": 0.5, \"maxPercent\": 50}, \"maxLagBytes\": 1048576",
          ", \"touchMaster\": true, \"readPolicy\": \"sticky\", \"staleGrace\": \"1s\"");

  @TempDir Path folder;

  @Test
  void noClientIsLetGoAndNoReplyIsLost() throws Exception {
    int port = FreePorts.next();
    int other = FreePorts.next();
    Path file = folder.resolve("listeners.json");
    try (RedisGroup group = RedisGroup.start(2)) {
      Files.writeString(file, configuration(0, port, other, group));
      try (TestProxy proxy = TestProxy.startFrom(file, Map.of());
          CountingClients clients = new CountingClients(CLIENTS, () -> port)) {
        for (int i = 1; i <= RELOADS; i++) {
          long before = clients.replies();
          await().until(() -> clients.replies() > before + CLIENTS);
          Files.writeString(file, configuration(i, port, other, group));
          // It may have been seen already.
          assertThat(proxy.reload().result()).isNotEqualTo(ReloadResult.REFUSED);
          assertThat(clients.errors()).isEmpty();
        }
        assertThat(clients.ends()).isZero();
        assertThat(proxy.counted("redis_proxy.config.reloads", "result", "applied"))
            .isGreaterThanOrEqualTo(RELOADS);
      }
    }
  }

  /**
   * Another one for each number: the replicas in turn, another deny, other settings, and a listener
   * now and then.
   */
  private static String configuration(int i, int port, int other, RedisGroup group) {
    String more = ", \"deny\": [\"DENIED" + i + "\"]" + SETTINGS.get(i % SETTINGS.size());
    String first = listener(port, group, group.replica(i % 2).port(), more);
    return i % 3 == 0
        ? "[" + first + "]"
        : "[" + first + "," + listener(other, group, group.replica(0).port(), "") + "]";
  }

  private static String listener(int port, RedisGroup group, int replica, String more) {
    return """
        {"listen": %d, "master": {"host": "127.0.0.1", "port": %d},
         "slave": [{"host": "127.0.0.1", "port": %d, "weight": 2}]%s}
        """
        .formatted(port, group.master().port(), replica, more);
  }
}
