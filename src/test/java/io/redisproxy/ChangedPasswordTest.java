package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.metrics.ReloadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The servers' password is changed in the file of the proxy, and at the servers, in any order. */
class ChangedPasswordTest {
  private static final int CLIENTS = 4;
  private static final int LOOPS = 2;

  @TempDir Path folder;
  private final int port = FreePorts.next();
  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;
  private long counted;
  @AutoClose private final Opened<RawClient> clients = new Opened<>();

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(1, "--requirepass", "old");
    Files.writeString(folder.resolve("secret"), "old");
    Path file =
        Files.writeString(
            folder.resolve("listeners.json"),
            """
            [{"listen": %d, "master": {"host": "127.0.0.1", "port": %d},
              "slave": [{"host": "127.0.0.1", "port": %d}], "passwordFile": "secret"}]
            """
                .formatted(port, group.master().port(), group.replica(0).port()));
    proxy = TestProxy.startFrom(file, Map.of());
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new RawClient(port));
    }
  }

  @Test
  void theOldOneStaysInUseUntilAServerTakesTheNewOne() throws IOException {
    changeInFile("new");
    await().until(() -> refused() > 2);
    assertServed();
    for (RedisNode node : List.of(group.replica(0), group.master())) {
      double before = connectionsMade(node);
      changeAt(node);
      while (connectionsMade(node) < before + LOOPS) {
        assertServed();
      }
      assertServed();
    }
  }

  @Test
  void aMistakeIsTakenBackAsIfNothingHadBeen() throws IOException {
    double before = connectionsMade(group.master());
    changeInFile("mistaken");
    await().until(() -> refused() > 2);
    assertServed();
    changeInFile("old");
    assertServed();
    assertThat(connectionsMade(group.master())).isEqualTo(before);
  }

  private double refused() {
    return proxy.counted("redis_proxy.access.refused");
  }

  /** On every event loop, also while a server takes the new one. */
  private void assertServed() throws IOException {
    for (int i = 0; i < 20; i++) {
      for (RawClient client : clients) {
        assertThat(client.call("INCR", "a")).isEqualTo(++counted);
        assertThat(client.call("GET", "a")).isEqualTo(Long.toString(counted));
      }
    }
    await().until(proxy::allHealthy);
  }

  private void changeInFile(String password) throws IOException {
    Files.writeString(folder.resolve("secret"), password);
    assertThat(proxy.reload().result()).isNotEqualTo(ReloadResult.REFUSED);
  }

  private static void changeAt(RedisNode node) throws IOException {
    try (RawClient client = new RawClient(node.port())) {
      client.call("AUTH", "old");
      assertThat(client.call("CONFIG", "SET", "masterauth", "new")).isEqualTo("OK");
      assertThat(client.call("CONFIG", "SET", "requirepass", "new")).isEqualTo("OK");
    }
  }

  /** For clients; it is let in by a password then. */
  private double connectionsMade(RedisNode node) {
    return proxy.counted("redis_proxy.node.connects", "node", "127.0.0.1:" + node.port());
  }
}
