package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.metrics.ReloadResult;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A group of servers, and a proxy whose configuration is another one from time to time. */
abstract class Reloading {
  static RedisGroup group;
  static RedisNode replica;
  static RedisNode other;

  /** So many are made at a time to see where they go. */
  static final int READS = 6;

  @TempDir Path folder;
  final int port = FreePorts.next();
  final int second = FreePorts.next();
  Path file;
  TestProxy proxy;

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(2);
    replica = group.replica(0);
    other = group.replica(1);
  }

  @AfterAll
  static void stopServers() {
    group.close();
  }

  @BeforeEach
  void name() {
    file = folder.resolve("listeners.json");
  }

  @AfterEach
  void stop() {
    if (proxy != null) {
      proxy.close();
    }
    group.flushAll();
  }

  void start(String... listeners) throws IOException {
    write(listeners);
    proxy = TestProxy.startFrom(file, Map.of());
  }

  /** As careful programs do: never half of it is to be seen. */
  void write(String... listeners) throws IOException {
    Path whole = Files.writeString(folder.resolve("new"), "[" + String.join(",", listeners) + "]");
    Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static String listener(int port, String more, RedisNode... replicas) {
    return listener(port, more, group, replicas);
  }

  static String listener(int port, String more, RedisGroup group, RedisNode... replicas) {
    List<String> nodes = List.of(replicas).stream().map(Reloading::node).toList();
    return "{\"listen\": %d, \"master\": %s, \"slave\": %s%s}"
        .formatted(port, node(group.master()), nodes, more);
  }

  static String node(RedisNode node) {
    return "{\"host\": \"127.0.0.1\", \"port\": " + node.port() + "}";
  }

  /** Returns when the listeners are these. */
  void apply(String... listeners) throws IOException {
    write(listeners);
    // It may have been seen already.
    assertThat(proxy.reload().result()).isNotEqualTo(ReloadResult.REFUSED);
  }

  void awaitResult(ReloadResult result) {
    await()
        .untilAsserted(
            () -> {
              assertThat(proxy.lastReload()).isNotNull();
              assertThat(proxy.lastReload().result()).isEqualTo(result);
            });
  }

  static void assertEnd(RawClient client) {
    assertThatThrownBy(client::readReply).isInstanceOf(EOFException.class);
  }

  /** How many GETs a node has got, after a few more reads. */
  static long readsAt(RawClient client, RedisNode node) throws IOException {
    for (int i = 0; i < READS; i++) {
      assertThat(client.call("GET", "never-written")).isNull();
    }
    return group.commandCount(node, "get");
  }
}
