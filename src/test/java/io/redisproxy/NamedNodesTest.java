package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.fixture.FakeDns;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener whose master and replica have names, with one address each. */
class NamedNodesTest {
  private static final String MASTER = "master.test";
  private static final String REPLICA = "replica.test";

  @AutoClose private final FakeDns dns = new FakeDns();
  @AutoClose private final RedisGroup group = RedisGroup.start(1);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMasterIsFoundAgainWhileDnsIsAway(boolean silent) throws IOException {
    dns.put(MASTER, 0, "127.0.0.1");
    try (Relay relay = Relay.to(group.master().port());
        TestProxy proxy = start(relay.port());
        RawClient client = proxy.connect()) {
      await().until(() -> isWritten(client));

      dns.remove(MASTER);
      dns.silent(silent);
      int before = dns.questions();
      await()
          .until(
              () -> {
                relay.cut();
                return dns.questions() > before;
              });
      await().until(() -> isWritten(client));
      await().until(proxy::allHealthy);
      assertThat(client.call("GET", "key")).isEqualTo("value");
    }
  }

  /** They are looked up again and again, and connected to all the same. */
  @Test
  void namesOfReplicasAreKeptWhileDnsIsAway() throws IOException {
    dns.put(MASTER, 0, "127.0.0.1");
    dns.put(REPLICA, 0, "127.0.0.1");
    try (Relay relay = Relay.to(group.replica(0).port());
        TestProxy proxy = start(group.master().port(), relay.port());
        RawClient client = proxy.connect()) {
      await().until(() -> proxy.isReadable(0));
      dns.silent(true);
      int before = dns.questions();
      await().until(() -> dns.questions() > before + 1);
      double connects = connectsTo(proxy, relay);
      relay.cut();
      // Of each of the two event loops.
      await().until(() -> connectsTo(proxy, relay) >= connects + 2 && proxy.isReadable(0));
      assertThat(client.call("GET", "key")).isNull();
    }
  }

  @Test
  void aMasterAloneIsFoundWhereItHasMovedTo() throws IOException {
    // Nobody is there.
    dns.put(MASTER, 3600, "127.0.0.9");
    int port = group.master().port();
    try (TestProxy proxy = start(port);
        RawClient client = proxy.connect()) {
      await().until(() -> dns.questions() > 0);
      dns.put(MASTER, 3600, "127.0.0.1");
      await().until(() -> isWritten(client));
    }
  }

  /** Where a name leads first may be where nobody is. */
  @Test
  void aMasterAloneIsFoundAtWhicheverOfItsAddressesItIs() throws IOException {
    dns.put(MASTER, 3600, "127.0.0.9", "127.0.0.8", "127.0.0.1");
    try (TestProxy proxy = start(group.master().port());
        RawClient client = proxy.connect()) {
      await().until(() -> isWritten(client));
      await().until(proxy::allHealthy);
    }
  }

  private TestProxy start(int masterPort, int... replicaPorts) {
    List<NodeAddress> replicas =
        java.util.Arrays.stream(replicaPorts)
            .mapToObj(port -> new NodeAddress(REPLICA, port))
            .toList();
    return TestProxy.startAtOnce(
        Map.of("dns.servers", "127.0.0.1:" + dns.address().getPort()),
        listen -> new ListenerConfig(listen, new NodeAddress(MASTER, masterPort), replicas));
  }

  private static double connectsTo(TestProxy proxy, Relay replica) {
    return proxy.counted("redis_proxy.node.connects", "node", REPLICA + ":" + replica.port());
  }

  private static boolean isWritten(RawClient client) throws IOException {
    return "OK".equals(client.call("SET", "key", "value"));
  }
}
