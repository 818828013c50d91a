package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Sentinels;
import io.redisproxy.topology.Topology;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Settings, and who tells the servers, change under clients who are there and stay. */
class ReloadSettingsTest extends Reloading {
  /** A server that is silent stays one that is read from. */
  private static final String PATIENT = ", \"unhealthyAfter\": 100, \"probeTimeout\": \"10s\"";

  @Test
  void readsGoElsewhere() throws IOException {
    start(listener(port, "", replica, other));
    try (RawClient client = new RawClient(port)) {
      await().until(() -> readsAt(client, replica) > 0 && readsAt(client, other) > 0);

      apply(weighed(0, 1, ""));
      assertAllReadsAt(client, other);
      apply(weighed(1, 0, ""));
      assertAllReadsAt(client, replica);
      apply(weighed(0, 0, ", \"includeMaster\": true"));
      assertAllReadsAt(client, group.master());

      apply(listener(port, ", \"readPolicy\": \"sticky\"", replica, other));
      long before = group.commandCount(replica, "get");
      long afterwards = readsAt(client, replica);
      assertThat(afterwards - before).isIn(0L, (long) READS);
    }
  }

  @Test
  void theMasterTakesReadsOverOrNot() throws IOException {
    start(weighed(0, 0, ""));
    try (RawClient client = new RawClient(port)) {
      assertThat(client.call("GET", "a")).isNull();
      apply(weighed(0, 0, ", \"masterFallback\": \"never\""));
      assertThat(client.call("GET", "a").toString()).contains("masterFallback");
      apply(weighed(0, 0, ", \"hedge\": {}"));
      assertThat(client.call("GET", "a")).isNull();
    }
  }

  @Test
  void theMasterIsToldOfReads() throws IOException {
    start(listener(port, "", replica));
    try (RawClient client = new RawClient(port)) {
      assertThat(client.call("GET", "a")).isNull();
      apply(listener(port, ", \"touchMaster\": true", replica));
      await()
          .until(
              () -> {
                readsAt(client, replica);
                return group.commandCount(group.master(), "touch") > 0;
              });
    }
  }

  @Test
  void aServerIsGivenUpSooner() throws IOException {
    start(listener(port, PATIENT, replica));
    try (RawClient client = new RawClient(port)) {
      assertThat(client.call("PING")).isEqualTo("PONG");
      replica.pause();
      apply(listener(port, ", \"unhealthyAfter\": 1, \"probeTimeout\": \"50ms\"", replica));
      await().until(() -> !proxy.isReadable(0));
      replica.resume();
      await().until(() -> proxy.isReadable(0));
      assertThat(client.call("GET", "a")).isNull();
    }
  }

  @Test
  void aReadThatIsWaitedForIsSentToAnotherServerSooner() throws IOException {
    start(listener(port, PATIENT + ", \"readTimeout\": \"600s\"", replica));
    try (RawClient client = new RawClient(port)) {
      await().until(() -> readsAt(client, replica) > 0);
      replica.pause();
      client.sendCommand("GET", "a");
      apply(listener(port, PATIENT + ", \"readTimeout\": \"50ms\"", replica));
      assertThat(client.readReply()).isNull();
    } finally {
      replica.resume();
    }
  }

  @Test
  void probesComeMoreOften() throws IOException {
    start(listener(port, ", \"probeInterval\": \"600s\"", replica));
    try (RawClient client = new RawClient(port)) {
      assertThat(client.call("GET", "a")).isNull();
      long before = group.commandCount(replica, "info");
      apply(listener(port, ", \"probeInterval\": \"10ms\"", replica));
      await().until(() -> group.commandCount(replica, "info") > before + 10);
      assertThat(client.call("GET", "a")).isNull();
    }
  }

  @Test
  void allServersAreOthers() throws IOException {
    start(listener(port, "", replica, other));
    try (RedisGroup next = RedisGroup.start(1);
        RawClient client = new RawClient(port)) {
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");

      apply(listener(port, "", next, next.replica(0)));
      await().until(() -> "OK".equals(client.call("SET", "a", "2")));
      assertThat(next.call(next.master(), "GET", "a")).isEqualTo("2");
      await().until(() -> client.call("GET", "a") != null && commandsAt(next) > 0);
      assertThat(group.call(group.master(), "GET", "a")).isEqualTo("1");
    }
  }

  @Test
  void sentinelsTellTheServersInPlaceOfTheListAndTheOtherWayRound() throws IOException {
    start(listener(port, "", replica));
    try (Sentinels sentinels = Sentinels.start(group, 1);
        RawClient client = new RawClient(port)) {
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      await().until(() -> members(), addresses(group.master(), replica)::equals);

      int nobody = FreePorts.next();
      apply(sentinel(nobody));
      assertThat(client.call("SET", "a", "2")).isEqualTo("OK");
      apply(sentinel(sentinels.node(0).port()));
      await().until(() -> members(), addresses(group.master(), replica, other)::equals);
      assertThat(client.call("GET", "a")).isEqualTo("2");
      assertThat(client.call("SET", "a", "3")).isEqualTo("OK");

      apply(listener(port, "", other));
      assertThat(members()).isEqualTo(addresses(group.master(), other));
      assertThat(client.call("GET", "a")).isEqualTo("3");
    }
  }

  private static long commandsAt(RedisGroup group) {
    return group.commandCount(group.replica(0), "get");
  }

  private List<NodeAddress> members() {
    Topology topology = proxy.group().topology();
    return topology
        .memberIndices()
        .mapToObj(topology::address)
        .sorted(Comparator.comparingInt(NodeAddress::port))
        .toList();
  }

  private static List<NodeAddress> addresses(RedisNode... nodes) {
    return Stream.of(nodes).map(RedisNode::port).sorted().map(TestProxy::address).toList();
  }

  private String sentinel(int sentinelPort) {
    return """
        {"listen": %d, "sentinel": {"service": "%s",
         "nodes": [{"host": "127.0.0.1", "port": %d}]}}
        """
        .formatted(port, Sentinels.SERVICE, sentinelPort);
  }

  /** With both replicas. */
  private String weighed(int weight, int otherWeight, String more) {
    String node = "{\"host\": \"127.0.0.1\", \"port\": %d, \"weight\": %d}";
    return "{\"listen\": %d, \"master\": %s, \"slave\": [%s, %s]%s}"
        .formatted(
            port,
            node(group.master()),
            node.formatted(replica.port(), weight),
            node.formatted(other.port(), otherWeight),
            more);
  }

  private static void assertAllReadsAt(RawClient client, RedisNode node) throws IOException {
    long before = group.commandCount(node, "get");
    assertThat(readsAt(client, node)).isEqualTo(before + READS);
  }
}
