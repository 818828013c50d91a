package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.metrics.ReloadResult;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A changed configuration takes effect without a restart, and without a client that needn't go. */
class ReloadTest extends Reloading {
  @Test
  void otherNodesAreUsedByTheClientsWhoAreThere() throws IOException {
    start(listener(port, "", replica));
    try (RawClient client = new RawClient(port)) {
      await().until(() -> readsAt(client, replica) > 0);

      write(listener(port, "", other));
      awaitResult(ReloadResult.APPLIED);
      assertThat(proxy.lastReload().lines()).containsExactly("listener " + port + ": new slave");
      await().until(() -> readsAt(client, other) > 0);
      long before = group.commandCount(replica, "get");
      readsAt(client, other);
      assertThat(group.commandCount(replica, "get")).isEqualTo(before);
    }
  }

  @Test
  void aListenerThatIsAddedOpensAndOneThatIsRemovedLetsItsClientsGo() throws IOException {
    start(listener(port, ""));
    try (RawClient idle = new RawClient(port);
        RawClient inside = new RawClient(port)) {
      assertThat(idle.call("PING")).isEqualTo("PONG");
      assertThat(inside.call("MULTI")).isEqualTo("OK");

      write(listener(second, ""));
      awaitResult(ReloadResult.APPLIED);
      assertThat(proxy.lastReload().lines())
          .containsExactly("listener " + second + ": added", "listener " + port + ": removed");
      assertEnd(idle);
      assertThatThrownBy(() -> new RawClient(port)).isInstanceOf(ConnectException.class);
      try (RawClient added = new RawClient(second)) {
        assertThat(added.call("SET", "a", "1")).isEqualTo("OK");
      }
      assertThat(inside.call("INCR", "a")).isEqualTo("QUEUED");
      assertThat(inside.call("EXEC")).isEqualTo(List.of(2L));
      assertEnd(inside);
    }
  }

  @Test
  void aListenerThatComesBackIsOpenAtOnce() throws IOException {
    start(listener(port, ""), listener(second, ""));
    try (RawClient inside = new RawClient(port)) {
      assertThat(inside.call("MULTI")).isEqualTo("OK");
      write(listener(second, ""));
      awaitResult(ReloadResult.APPLIED);

      write(listener(second, ""), listener(port, ""));
      await().until(() -> proxy.listeners().size() == 2);
      assertEnd(inside);
      try (RawClient client = new RawClient(port)) {
        assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      }
    }
  }

  @Test
  void aBrokenFileIsRefusedAsAWholeAndToldOnce() throws IOException {
    start(listener(port, ""));
    try (RawClient client = new RawClient(port)) {
      write(listener(port, ", \"deny\": [\"GET\"]"), "{ \"listen\": 70000, \"slaves\": [] }");
      awaitResult(ReloadResult.REFUSED);
      assertThat(proxy.lastReload().lines())
          .anyMatch(line -> line.startsWith("listeners[1].listen: 70000"))
          .anyMatch(line -> line.startsWith("listeners[1]") && line.contains("master"))
          .anyMatch(line -> line.contains("slaves"));
      await().until(() -> proxy.gauge("redis_proxy.config.valid") == 0);
      assertThat(client.call("GET", "a")).isNull();

      write(listener(port, ""));
      awaitResult(ReloadResult.UNCHANGED);
      assertThat(proxy.gauge("redis_proxy.config.valid")).isEqualTo(1);
      assertThat(proxy.counted("redis_proxy.config.reloads", "result", "refused")).isEqualTo(1);
      assertThat(client.call("GET", "a")).isNull();
    }
  }

  @Test
  void whatCannotBeDoneIsRefusedAsAWholeUntilItCan() throws IOException {
    start(listener(port, ""));
    try (RawClient client = new RawClient(port)) {
      try (ServerSocket taken = new ServerSocket(second, 1, InetAddress.getLoopbackAddress())) {
        write(listener(port, ", \"deny\": [\"GET\"]"), listener(taken.getLocalPort(), ""));
        awaitResult(ReloadResult.REFUSED);
        assertThat(proxy.lastReload().lines().get(0))
            .contains("port " + second + " can't be opened");
        assertThat(client.call("GET", "a")).isNull();
      }
      awaitResult(ReloadResult.APPLIED);
      assertThat(client.call("GET", "a").toString()).contains("NOPERM");
      try (RawClient added = new RawClient(second)) {
        assertThat(added.call("PING")).isEqualTo("PONG");
      }
    }
    write(listener(port, ", \"commands\": {\"MULTI\": \"read\"}"));
    awaitResult(ReloadResult.REFUSED);
    assertThat(proxy.lastReload().lines().get(0)).contains("MULTI");
    assertThat(proxy.listeners()).hasSize(2);
  }

  @Test
  void aPasswordIsAskedOfThoseWhoCome() throws IOException {
    Files.writeString(folder.resolve("secret"), "first\n");
    start(listener(port, ", \"auth\": {\"passwordFile\": \"secret\"}"));
    try (RawClient client = new RawClient(port);
        RawClient locked = new RawClient(port)) {
      assertThat(client.call("AUTH", "first")).isEqualTo("OK");
      assertThat(locked.call("GET", "a").toString()).contains("NOAUTH");

      Files.writeString(folder.resolve("secret"), "second\n");
      awaitResult(ReloadResult.APPLIED);
      assertThat(proxy.lastReload().lines()).containsExactly("listener " + port + ": new auth");
      assertThat(client.call("GET", "a")).isNull();
      assertThat(locked.call("AUTH", "first").toString()).contains("WRONGPASS");
      assertThat(locked.call("AUTH", "second")).isEqualTo("OK");

      try (RawClient late = new RawClient(port)) {
        assertThat(late.call("GET", "a").toString()).contains("NOAUTH");
        write(listener(port, ""));
        await().untilAsserted(() -> assertThat(late.call("GET", "a")).isNull());
      }
    }
  }

  @Test
  void theServersPasswordMayBeAnotherOne() throws IOException {
    try (RedisGroup guarded = RedisGroup.start(1, "--requirepass", "first")) {
      Files.writeString(folder.resolve("secret"), "first");
      start(listener(port, ", \"passwordFile\": \"secret\"", guarded, guarded.replica(0)));
      try (RawClient client = new RawClient(port);
          RawClient inside = new RawClient(port)) {
        assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
        assertThat(inside.call("MULTI")).isEqualTo("OK");
        for (RedisNode node : List.of(guarded.master(), guarded.replica(0))) {
          guarded.call(node, "ACL", "SETUSER", "default", ">second");
        }
        Files.writeString(folder.resolve("secret"), "second");
        awaitResult(ReloadResult.APPLIED);
        for (RedisNode node : List.of(guarded.master(), guarded.replica(0))) {
          guarded.call(node, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
          // From now on only the new one opens the door.
          guarded.call(node, "ACL", "SETUSER", "default", "resetpass", ">first", ">second");
        }
        await().untilAsserted(() -> assertThat(client.call("GET", "a")).isEqualTo("1"));
        await().until(proxy::allHealthy);
        assertThat(inside.closedByPeer()).isTrue();
      }
    }
  }

  @Test
  void filesThatAreExchangedByALinkAreSeen() throws IOException {
    Path mounted = folder.resolve("mounted");
    Path first = Files.createDirectories(mounted.resolve("..first"));
    Path next = Files.createDirectories(mounted.resolve("..next"));
    Files.writeString(first.resolve("listeners.json"), "[" + listener(port, "") + "]");
    Files.writeString(
        next.resolve("listeners.json"), "[" + listener(port, ", \"deny\": [\"GET\"]") + "]");
    Path data = Files.createSymbolicLink(mounted.resolve("..data"), first.getFileName());
    file =
        Files.createSymbolicLink(
            mounted.resolve("listeners.json"), Path.of("..data/listeners.json"));
    proxy = TestProxy.startFrom(file, Map.of());
    try (RawClient client = new RawClient(port)) {
      assertThat(client.call("GET", "a")).isNull();

      Path exchanged = Files.createSymbolicLink(mounted.resolve("..tmp"), next.getFileName());
      Files.move(exchanged, data, StandardCopyOption.ATOMIC_MOVE);
      awaitResult(ReloadResult.APPLIED);
      assertThat(client.call("GET", "a").toString()).contains("NOPERM");
    }
  }

  @Test
  void clientsWhoCannotStayAreLetGoAndNewOnesSeeTheirWrites() throws IOException {
    start(listener(port, ", \"consistency\": \"eventual\"", replica, other));
    try (RawClient idle = new RawClient(port);
        RawClient inside = new RawClient(port)) {
      assertThat(idle.call("PING")).isEqualTo("PONG");
      assertThat(inside.call("MULTI")).isEqualTo("OK");

      write(listener(port, "", replica, other));
      awaitResult(ReloadResult.APPLIED);
      assertThat(proxy.lastReload().lines().get(0)).contains("consistency", "are let go");
      assertEnd(idle);
      try (RawClient client = new RawClient(port)) {
        // Not from a replica, as long as somebody may write whom nobody watches.
        assertThat(readsAt(client, replica)).isEqualTo(readsAt(client, replica));
        assertThat(inside.call("SET", "a", "1")).isEqualTo("QUEUED");
        assertThat(inside.call("EXEC")).isEqualTo(List.of("OK"));
        assertThat(client.call("GET", "a")).isEqualTo("1");
        assertEnd(inside);
        long before = group.commandCount(replica, "get");
        await().until(() -> readsAt(client, replica) > before);
        for (int i = 0; i < 100; i++) {
          assertThat(client.call("SET", "a", "" + i)).isEqualTo("OK");
          assertThat(client.call("GET", "a")).isEqualTo("" + i);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aListenerThatIsAddedSeesWhatTheFormerClientsOfAnotherWrite(boolean stays) throws Exception {
    String eventual = listener(port, ", \"consistency\": \"eventual\"", replica, other);
    String added = listener(second, "", replica, other);
    start(eventual);
    try (RawClient inside = new RawClient(port)) {
      assertThat(inside.call("MULTI")).isEqualTo("OK");

      if (stays) {
        write(eventual, added);
      } else {
        write(added);
      }
      awaitResult(ReloadResult.APPLIED);
      try (RawClient client = new RawClient(second)) {
        assertThat(readsAt(client, replica)).isEqualTo(readsAt(client, replica));
        assertThat(inside.call("SET", "a", "1")).isEqualTo("QUEUED");
        assertThat(inside.call("EXEC")).isEqualTo(List.of("OK"));
        assertThat(client.call("GET", "a")).isEqualTo("1");
        assertEnd(inside);
        long before = group.commandCount(replica, "get");
        await().until(() -> readsAt(client, replica) > before);
      }
    }
  }

  @Test
  void theFirstReplicaIsReadFrom() throws IOException {
    start(listener(port, ""));
    write(listener(port, "", replica));
    awaitResult(ReloadResult.APPLIED);
    try (RawClient client = new RawClient(port)) {
      await().until(() -> readsAt(client, replica) > 0);
    }
  }

  @Test
  void whatIsTheSameInAnotherOrderIsUnchanged() throws IOException {
    start(listener(port, ""), listener(second, ""));
    write(listener(second, ""), listener(port, ""));
    assertThat(proxy.reload().result()).isEqualTo(ReloadResult.UNCHANGED);
    assertThat(proxy.reload().result()).isEqualTo(ReloadResult.UNCHANGED);
  }

  @Test
  void readsAreAskedForAgainOrNotUnderClientsWhoAreThere() throws IOException {
    start(listener(port, "", replica));
    try (RawClient client = new RawClient(port)) {
      assertThat(client.call("GET", "nowhere")).isNull();
      write(listener(port, ", \"nilRecheck\": [\"GET\"]", replica));
      awaitResult(ReloadResult.APPLIED);
      assertThat(proxy.lastReload().lines())
          .containsExactly("listener " + port + ": new nilRecheck");
      assertThat(client.call("GET", "nowhere")).isNull();
      assertThat(proxy.counted("redis_proxy.retries", "reason", "nil")).isEqualTo(1);
      write(listener(port, ", \"nilRecheck\": [\"SET\"]", replica));
      awaitResult(ReloadResult.REFUSED);
      assertThat(client.call("GET", "nowhere")).isNull();
      assertThat(proxy.counted("redis_proxy.retries", "reason", "nil")).isEqualTo(2);
    }
  }
}
