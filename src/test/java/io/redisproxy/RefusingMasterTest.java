package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A master refuses writes since something is wrong with it; it may have been replaced, or not. The
 * nodes are probed when there is trouble only, and the master can be cut off by a relay.
 */
class RefusingMasterTest {
  private static final Duration LATE = Duration.ofMillis(500);

  private final Path folder;
  @AutoClose private RedisGroup group;
  private RedisNode old;
  @AutoClose private Relay relay;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient client;

  RefusingMasterTest(@TempDir Path parent) {
    folder = parent.resolve("data");
  }

  @BeforeEach
  void start() throws IOException {
    Files.createDirectory(folder);
    group = RedisGroup.start(2, "--dir", folder.toString());
    old = group.master();
    relay = Relay.to(old.port());
    proxy =
        TestProxy.start(
            Map.of("event-loops", "1", "probe.interval", "1h"),
            relay.port(),
            group.replica(0).port(),
            group.replica(1).port());
    client = proxy.connect();
    assertThat(client.call("INCR", "counter")).isEqualTo(1L);
    group.awaitInSync();
  }

  @Test
  void whatAMasterWithoutReplicasRefusesIsSentToTheOneThatHasThem() throws IOException {
    group.call(old, "CONFIG", "SET", "min-replicas-to-write", "1");
    assertSentToTheNewOne("noreplicas");
  }

  @Test
  void whatAMasterThatCannotSaveRefusesIsSentToTheNewOne() throws IOException {
    breakDisk();
    assertSentToTheNewOne("misconf");
  }

  private void assertSentToTheNewOne(String reason) throws IOException {
    relay.delayRequests(LATE);
    for (int i = 0; i < 5; i++) {
      client.sendCommand("INCR", "counter");
    }
    client.sendCommand("GET", "counter");
    await().until(() -> proxy.counted("redis_proxy.requests", "class", "write") >= 6);
    group.promote(group.replica(0));
    relay.delayRequests(Duration.ZERO);
    for (long i = 2; i <= 6; i++) {
      assertThat(client.readText()).isEqualTo(i);
    }
    assertThat(client.readText()).isEqualTo("6");
    assertThat(group.call(group.master(), "GET", "counter")).isEqualTo("6");
    assertThat(group.call(old, "GET", "counter")).isEqualTo("1");
    assertThat(proxy.counted("redis_proxy.retries", "reason", reason)).isPositive();
  }

  @Test
  void theRefusalIsTheClientsWhileItIsTheMaster() throws IOException {
    group.call(old, "CONFIG", "SET", "min-replicas-to-write", "3");
    for (int i = 0; i < 20; i++) {
      client.send(RawClient.requests("INCR counter", "GET counter", "INCR counter"));
      assertThat(client.readReply())
          .isEqualTo(new RedisError("NOREPLICAS Not enough good replicas to write."));
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readReply()).isInstanceOf(RedisError.class);
    }
    assertThat(proxy.counted("redis_proxy.retries", "reason", "noreplicas")).isZero();
    // Once a second it is looked into.
    assertThat(proxy.counted("redis_proxy.holds")).isLessThan(10);
    group.call(old, "CONFIG", "SET", "min-replicas-to-write", "0");
    breakDisk();
    assertThat(((RedisError) client.call("INCR", "counter")).message())
        .matches("MISCONF (Redis|Valkey) is configured to save RDB snapshots.*");
    assertThat(client.call("GET", "counter")).isEqualTo("1");
    proxy.group().suspect(0, "a test");
    await()
        .until(() -> ((String) group.call(old, "INFO", "commandstats")).contains("cmdstat_ping:"));
    assertThat(proxy.group().topology().master()).isZero();
    assertThat(client.call("INCR", "counter")).isInstanceOf(RedisError.class);
    group.call(old, "CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
    assertThat(client.call("INCR", "counter")).isEqualTo(2L);
  }

  @Test
  void whatAScriptSaysIsNoRefusalOfAllThatItDid() throws IOException {
    String script = "redis.call('PUBLISH', 'told', '1'); return redis.pcall('INCR', KEYS[1])";
    try (RawClient told = new RawClient(old.port())) {
      told.call("SUBSCRIBE", "told");
      relay.delayRequests(LATE);
      client.sendCommand("EVAL", script, "1", "counter");
      await().until(() -> proxy.counted("redis_proxy.requests", "class", "write") >= 2);
      group.promote(group.replica(0));
      group.follow(old, group.master().port());
      relay.delayRequests(Duration.ZERO);
      assertThat(((RedisError) client.readReply()).message()).startsWith("READONLY ");
      assertThat(told.readText().toString()).contains("told");
      assertThat(group.commandCount(group.master(), "eval")).isZero();
    }
  }

  /** The master's last attempt to save its data has failed. */
  private void breakDisk() throws IOException {
    group.call(old, "CONFIG", "SET", "save", "3600 1");
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
    group.call(old, "BGSAVE");
    await()
        .until(
            () ->
                ((String) group.call(old, "INFO", "persistence"))
                    .contains("rdb_last_bgsave_status:err"));
  }
}
