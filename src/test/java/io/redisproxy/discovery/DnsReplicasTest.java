package io.redisproxy.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.ListenerBuilder;
import io.redisproxy.TestProxy;
import io.redisproxy.config.Credentials;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.fixture.FakeDns;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.topology.Topology;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A listener with a name that stands for several replicas. */
class DnsReplicasTest {

  @Test
  void readsGoToAllAddressesOfANameAndToThoseAloneThatItHasAtTheTime() throws IOException {
    try (FakeDns dns = new FakeDns();
        // As good as three servers, since each address has connections of its own.
        RedisGroup group =
            RedisGroup.start(
                1, "--bind", "127.0.0.1", "127.0.0.2", "127.0.0.3", "--requirepass", "x")) {
      int port = group.replica(0).port();
      dns.put("replicas.test", 1, "127.0.0.1", "127.0.0.2", "127.0.0.3");
      NodeAddress named = new NodeAddress("replicas.test", port);
      try (TestProxy proxy =
              TestProxy.startAtOnce(
                  Map.of("dns.servers", "127.0.0.1:" + dns.address().getPort()),
                  listen -> listener(listen, group.master().port(), named));
          RawClient client = proxy.connect()) {
        for (int i = 1; i <= 3; i++) {
          NodeAddress each = new NodeAddress("127.0.0." + i, port);
          await().until(() -> readsAt(proxy, client, each) > 0);
        }
        dns.put("replicas.test", 1, "127.0.0.2", "127.0.0.3");
        NodeAddress gone = new NodeAddress("127.0.0.1", port);
        await().until(() -> proxy.group().topology().indexOf(gone) == Topology.NONE);
        double before = proxy.counted("redis_proxy.requests", "node", gone.toString());
        assertThat(readsAt(proxy, client, gone)).isEqualTo(before);
        assertThat(proxy.group().topology().replicas().count()).isEqualTo(2);
      }
    }
  }

  /** The replicas have a password of their own, which the listener does not have. */
  private static ListenerConfig listener(int port, int masterPort, NodeAddress named) {
    NodeAddress master = new NodeAddress("127.0.0.1", masterPort);
    Credentials credentials = new Credentials("default", "x");
    ListenerConfig plain = new ListenerConfig(port, master, List.of(named));
    return ListenerBuilder.like(plain)
        .nodeCredentials(Map.of(master, credentials, named, credentials))
        .auth(Optional.of(credentials))
        .build();
  }

  /** How many requests a node has got, after a few more reads. */
  private static double readsAt(TestProxy proxy, RawClient client, NodeAddress node)
      throws IOException {
    client.call("AUTH", "x");
    for (int i = 0; i < 6; i++) {
      assertThat(client.call("GET", "never-written")).isNull();
    }
    return proxy.counted("redis_proxy.requests", "node", node.toString());
  }
}
