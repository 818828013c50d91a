package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.Credentials;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The nodes of a listener, and which of them is the master, change while clients are connected. */
class MovingNodesTest {
  @AutoClose private RedisGroup group;
  private RedisNode master;
  private RedisNode replica;
  private RedisNode other;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2);
    master = group.master();
    replica = group.replica(0);
    other = group.replica(1);
  }

  @Test
  void aReplicaThatJoinsIsReadFromAndOneThatLeavesIsNot() throws IOException {
    try (TestProxy proxy = TestProxy.start(Map.of(), master.port(), replica.port());
        RawClient client = proxy.connect()) {
      configure(proxy, master, master, replica, other);
      await().until(() -> readsAt(client, other) > 0);

      configure(proxy, master, master, other);
      long before = group.commandCount(replica, "get");
      assertThat(readsAt(client, other)).isPositive();
      assertThat(group.commandCount(replica, "get")).isEqualTo(before);
      await().until(() -> clientsOf(replica) == 1);

      configure(proxy, master, master, replica, other);
      await().until(() -> readsAt(client, replica) > before);
    }
  }

  @Test
  void writesGoToTheNewMasterAndReadsSeeThem() throws IOException {
    try (TestProxy proxy = TestProxy.start(group);
        RawClient client = proxy.connect();
        RawClient watching = proxy.connect();
        RawClient subscribed = proxy.connect()) {
      watching.call("WATCH", "a");
      subscribed.call("SUBSCRIBE", "channel");
      assertThat(client.call("SET", "a", "old")).isEqualTo("OK");
      group.awaitInSync();
      group.promote(replica);
      group.follow(master, replica.port());
      configure(proxy, replica, master, replica, other);

      assertThat(watching.closedByPeer()).isTrue();
      await().until(() -> client.call("PUBLISH", "channel", "new").equals(1L));
      assertThat(subscribed.readText()).isEqualTo(List.of("message", "channel", "new"));
      for (int i = 0; i < 200; i++) {
        assertThat(client.call("SET", "a", "" + i)).isEqualTo("OK");
        assertThat(client.call("GET", "a")).isEqualTo("" + i);
      }
      await().until(() -> readsAt(client, other) > 0 && readsAt(client, master) > 0);
      // One came by replication.
      assertThat(group.commandCount(replica, "set")).isEqualTo(201);
      assertThat(requests(proxy, replica, "master")).isGreaterThanOrEqualTo(200);
      assertThat(requests(proxy, master, "replica")).isPositive();
      assertThat(client.call("MULTI")).isEqualTo("OK");
      client.call("INCR", "a");
      assertThat(client.call("EXEC")).isEqualTo(List.of(200L));
    }
  }

  @Test
  void aWriteWaitsForTheOneThatTheFormerMasterHasNotAnswered() throws IOException {
    try (Relay relay = Relay.to(master.port());
        TestProxy proxy =
            TestProxy.start(Map.of("probe.timeout", "1m"), relay.port(), replica.port());
        RawClient client = proxy.connect();
        RawClient free = proxy.connect()) {
      relay.stall();
      client.sendCommand("SET", "a", "first");
      await().until(() -> proxy.counted("redis_proxy.requests", "role", "master") == 1);
      group.promote(replica);
      proxy.group().configure(List.of(address(relay.port()), address(replica)), address(replica));
      await().until(() -> proxy.group().topology().master() == 1);
      client.sendCommand("SET", "a", "second");
      assertThat(free.call("SET", "b", "1")).isEqualTo("OK");
      await().during(Duration.ofMillis(100)).until(() -> group.call(replica, "GET", "a") == null);

      relay.cut();
      assertThat(((RedisError) client.readReply()).message()).contains("may have been executed");
      assertThat(client.readReply()).isEqualTo("OK");
      assertThat(group.call(replica, "GET", "a")).isEqualTo("second");
    }
  }

  @Test
  void withoutAMasterWritesFailClearlyAndReadsGoOn() throws IOException {
    try (TestProxy proxy = TestProxy.start(group);
        RawClient client = proxy.connect();
        RawClient pinned = proxy.connect()) {
      client.call("SET", "a", "1");
      group.awaitInSync();
      await().until(() -> readsAt(client, other) > 0);
      configure(proxy, null, replica, other);

      String unknown =
          "ERR redis-proxy: no master is known: " + address(replica) + " is a replica now";
      assertThat(client.call("SET", "a", "2")).isEqualTo(new RedisError(unknown));
      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(pinned.call("MULTI")).isEqualTo(new RedisError(unknown));
      assertThat(pinned.closedByPeer()).isTrue();

      configure(proxy, master, master, replica, other);
      await().untilAsserted(() -> assertThat(client.call("SET", "a", "2")).isEqualTo("OK"));
    }
  }

  /** As when a Service leads to another pod, and the one before still answers who is connected. */
  @Test
  void whoHadAnAddressBeforeDoesNotVouchForWhoHasItNow() throws IOException {
    try (RedisNode stranger = RedisNode.start(List.of());
        Relay relay = Relay.to(master.port());
        TestProxy proxy =
            TestProxy.start(
                Map.of("event-loops", "1"),
                TestProxy.resilient(
                    new Resilience(
                        Duration.ofSeconds(1), 3, MasterFallback.ALWAYS, Duration.ofMillis(300))),
                relay.port(),
                replica.port());
        RawClient client = proxy.connect()) {
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      relay.leadTo(stranger.port());
      // But for the connections that ask, and this question's own.
      for (String line : clientList(master).split("\n")) {
        if (line.contains(" cmd=set ")) {
          group.call(master, "CLIENT", "KILL", "ID", line.split("[ =]")[1]);
        }
      }
      await().until(() -> client.call("SET", "a", "2") instanceof RedisError);
      assertThat(client.call("SET", "a", "3")).isInstanceOf(RedisError.class);
      assertThat(group.call(stranger, "DBSIZE")).isEqualTo(0L);
      relay.leadTo(master.port());
      relay.cut();
      await().until(() -> client.call("SET", "a", "4").equals("OK"));
      assertThat(group.call(master, "GET", "a")).isEqualTo("4");
      assertThat(group.call(stranger, "DBSIZE")).isEqualTo(0L);
    }
  }

  /** Where the source names the master, more need not be known of it. */
  @Test
  void aMasterThatRefusesTheProbesIsUsedAgainAfterItsConnectionsWereLost() throws IOException {
    try (Relay relay = Relay.to(master.port());
        TestProxy proxy =
            TestProxy.startAtOnce(
                Map.of(),
                port ->
                    ListenerBuilder.like(new ListenerConfig(port, address(relay.port()), List.of()))
                        .probe(new Credentials("nobody", "knows"))
                        .build());
        RawClient client = proxy.connect()) {
      proxy.group().configure(List.of(address(relay.port())), address(relay.port()));
      await().until(() -> client.call("SET", "a", "1").equals("OK"));
      double before = proxy.counted("redis_proxy.node.connection.losses");
      relay.cut();
      await().until(() -> proxy.counted("redis_proxy.node.connection.losses") > before);
      await().until(() -> client.call("SET", "a", "2").equals("OK"));
    }
  }

  /** {@code named}: what the source says is the master; null if nothing. */
  private static void configure(TestProxy proxy, RedisNode named, RedisNode... nodes) {
    proxy
        .group()
        .configure(
            List.of(nodes).stream().map(MovingNodesTest::address).toList(),
            named == null ? null : address(named));
  }

  private static NodeAddress address(RedisNode node) {
    return address(node.port());
  }

  private static NodeAddress address(int port) {
    return new NodeAddress("127.0.0.1", port);
  }

  /** How many GETs a node has got, after a few more reads. */
  private long readsAt(RawClient client, RedisNode node) throws IOException {
    for (int i = 0; i < 6; i++) {
      client.call("GET", "never-written");
    }
    return group.commandCount(node, "get");
  }

  /** Those that ask this included; not the master. */
  private long clientsOf(RedisNode node) {
    return clientList(node).lines().count();
  }

  private String clientList(RedisNode node) {
    return (String) group.call(node, "CLIENT", "LIST", "TYPE", "NORMAL");
  }

  private static double requests(TestProxy proxy, RedisNode node, String role) {
    return proxy.counted("redis_proxy.requests", "node", address(node).toString(), "role", role);
  }
}
