package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A listener finds its servers in Kubernetes, of which a part is played here. */
class KubernetesDiscoveryTest {
  private static final Map<String, String> CLIENT =
      Map.of("kubernetes.auth.tryKubeConfig", "false", "kubernetes.namespace", "redis");

  @TempDir Path folder;
  private final KubernetesMockServer server =
      new KubernetesMockServer(
          new Context(),
          new MockWebServer(),
          new HashMap<>(),
          new KubernetesCrudDispatcher(),
          false);

  @BeforeEach
  void start() {
    server.start();
    System.setProperty("kubernetes.master", server.url("/"));
    CLIENT.forEach(System::setProperty);
  }

  @AfterEach
  void stop() {
    System.clearProperty("kubernetes.master");
    CLIENT.keySet().forEach(System::clearProperty);
    server.shutdown();
  }

  @Test
  void clientsAreServedAsSoonAsThereIsAPod() throws Exception {
    int port = FreePorts.next();
    try (RedisGroup group = RedisGroup.start(0)) {
      Path file =
          Files.writeString(
              folder.resolve("listeners.json"),
              """
              [ { "listen": %d, "kubernetes": { "selector": "app=redis", "port": %d } } ]
              """
                  .formatted(port, group.master().port()));
      try (TestProxy proxy = TestProxy.startFrom(file, Map.of());
          RawClient client = new RawClient(port);
          KubernetesClient admin = server.createClient()) {
        assertThat(client.call("SET", "a", "1").toString()).contains("no master is known");

        admin.pods().inNamespace("redis").resource(pod()).create();
        await().untilAsserted(() -> assertThat(client.call("SET", "a", "1")).isEqualTo("OK"));
        assertThat(client.call("GET", "a")).isEqualTo("1");
        assertThat(proxy.group().topology().nodes()).hasSize(1);
      }
    }
  }

  @Test
  void readsGoToTheReplicaOfTheOwnZoneWhereverThatIs() throws Exception {
    int port = FreePorts.next();
    try (RedisGroup group = RedisGroup.start(2);
        KubernetesClient admin = server.createClient()) {
      putFirstReplicaNear(admin, group);
      Path file = listenersOfService(port);
      try (TestProxy proxy = TestProxy.startFrom(file, Map.of("zone", "near"));
          RawClient client = new RawClient(port)) {
        await().untilAsserted(() -> assertThat(proxy.group().topology().readable()).hasSize(2));
        await().untilAsserted(() -> assertThat(reads(group, client)).containsExactly(20L, 0L));

        put(admin, slice("first", group.replica(0), "far"));
        put(admin, slice("second", group.replica(1), "near"));
        await().untilAsserted(() -> assertThat(reads(group, client)).containsExactly(0L, 20L));
      }
    }
  }

  private void putFirstReplicaNear(KubernetesClient admin, RedisGroup group) {
    put(admin, slice("master", group.master(), "far"));
    put(admin, slice("first", group.replica(0), "near"));
    put(admin, slice("second", group.replica(1), "far"));
  }

  private Path listenersOfService(int port) throws IOException {
    return Files.writeString(
        folder.resolve("listeners.json"),
        """
        [ { "listen": %d, "kubernetes": { "service": "redis" } } ]
        """
            .formatted(port));
  }

  @Test
  void theOwnZoneIsThatOfTheClustersNode() throws Exception {
    int port = FreePorts.next();
    try (RedisGroup group = RedisGroup.start(2);
        KubernetesClient admin = server.createClient()) {
      putFirstReplicaNear(admin, group);
      put(admin, clusterNode("other", "far"));
      Path file = listenersOfService(port);
      try (TestProxy proxy = TestProxy.startFrom(file, Map.of("kubernetes-node", "own"));
          RawClient client = new RawClient(port)) {
        await().untilAsserted(() -> assertThat(proxy.group().topology().readable()).hasSize(2));
        await().untilAsserted(() -> assertThat(reads(group, client)).containsExactly(10L, 10L));

        put(admin, clusterNode("own", "near"));
        await().untilAsserted(() -> assertThat(reads(group, client)).containsExactly(20L, 0L));
        // Nobody has moved.
        admin.nodes().withName("own").delete();
        assertThat(reads(group, client)).containsExactly(20L, 0L);

        put(admin, clusterNode("own", "elsewhere"));
        await().untilAsserted(() -> assertThat(reads(group, client)).containsExactly(10L, 10L));
      }
    }
  }

  /** How many of 20 reads were each replica's. */
  private static List<Long> reads(RedisGroup group, RawClient client) throws Exception {
    group.resetStats();
    for (int i = 0; i < 20; i++) {
      assertThat(client.call("GET", "nothing")).isNull();
    }
    return group.replicas().stream().map(node -> group.commandCount(node, "get")).toList();
  }

  private static void put(KubernetesClient admin, EndpointSlice slice) {
    admin
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace("redis")
        .resource(slice)
        .createOr(existing -> existing.update());
  }

  private static void put(KubernetesClient admin, Node node) {
    admin.nodes().resource(node).createOr(existing -> existing.update());
  }

  private static Node clusterNode(String name, String zone) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(name)
        .addToLabels("topology.kubernetes.io/zone", zone)
        .endMetadata()
        .build();
  }

  private static EndpointSlice slice(String name, RedisNode node, String zone) {
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withName(name)
        .addToLabels("kubernetes.io/service-name", "redis")
        .endMetadata()
        .withAddressType("IPv4")
        .addNewPort()
        .withPort(node.port())
        .endPort()
        .addNewEndpoint()
        .withAddresses("127.0.0.1")
        .withZone(zone)
        .endEndpoint()
        .build();
  }

  private static Pod pod() {
    return new PodBuilder()
        .withNewMetadata()
        .withName("redis-0")
        .addToLabels("app", "redis")
        .endMetadata()
        .withNewStatus()
        .withPhase("Running")
        .withPodIP("127.0.0.1")
        .endStatus()
        .build();
  }
}
