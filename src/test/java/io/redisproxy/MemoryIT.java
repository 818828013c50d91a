package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.PackagedProxy;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many clients that want more of the memory for bytes on their way than there is. */
class MemoryIT {
  private static final int CLIENTS = 800;
  private static final String VALUE = "v".repeat(50_000);

  @AutoClose private static RedisGroup group;

  @TempDir Path folder;
  @AutoClose private PackagedProxy app;
  private final List<RawClient> clients = new ArrayList<>();

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(1);
  }

  @BeforeEach
  void start() throws IOException {
    app = new PackagedProxy(folder, group);
    // Those who still wait are not waited for.
    app.start("-XX:MaxDirectMemorySize=16m", "-Dredis-proxy.drain.timeout=1s");
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new RawClient(app.port()));
    }
  }

  @AfterEach
  void leave() throws IOException {
    RawClient.closeAll(clients);
  }

  @Test
  void clientsThatDontEndTheirRequestsTakeNothingFromOthers() throws Exception {
    for (RawClient client : clients) {
      client.send("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$60000\r\n" + VALUE);
    }
    await().until(() -> closedForMemory() > 0);
    readAndWrite();

    // What those had still sent is read by nobody.
    RawClient.closeAll(clients);
    readAndWrite();
    assertNoneWasMissing();
  }

  @Test
  void writesThatWaitForTheMasterAreAllDone() throws Exception {
    group.master().pause();
    try {
      writeFromAll();
    } finally {
      group.master().resume();
    }
    for (RawClient client : clients) {
      assertThat(client.readReply()).isEqualTo("OK");
    }
    readAndWrite();
    assertNoneWasMissing();
  }

  @Test
  void writesThatWaitForAMasterThatIsGoneAreAllAnswered() throws Exception {
    group.master().kill();
    try {
      writeFromAll();
    } finally {
      group.master().restart();
    }
    for (RawClient client : clients) {
      // Whoever has waited for too long gets an error.
      client.readReply();
    }
    readAndWrite();
    assertNoneWasMissing();
  }

  @Test
  void whatWaitsBehindABlockedCommandTakesNothingFromOthers() throws Exception {
    byte[] login = RawClient.request("AUTH", VALUE);
    for (RawClient client : clients) {
      client.send("BLPOP nothing 0\r\n");
      client.send(login);
    }
    await().until(() -> closedForMemory() > 0);
    readAndWrite();
    assertNoneWasMissing();
  }

  private void writeFromAll() throws IOException {
    byte[] write = RawClient.request("SET", "a", VALUE);
    for (RawClient client : clients) {
      client.send(write);
    }
  }

  private void readAndWrite() throws IOException {
    try (RawClient client = new RawClient(app.port())) {
      assertThat(client.call("SET", "other", "1")).isEqualTo("OK");
      assertThat(client.call("GET", "other")).isEqualTo("1");
    }
  }

  private double closedForMemory() throws Exception {
    return app.http("/q/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("redis_proxy_clients_closed_total{cause=\"memory\""))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private void assertNoneWasMissing() {
    assertThat(folder.resolve("out")).content().doesNotContain("for want of memory");
  }
}
