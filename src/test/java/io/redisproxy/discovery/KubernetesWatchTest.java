package io.redisproxy.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.redisproxy.config.KubernetesConfig;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.fixture.LogWatch;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against fabric8's stand-in for an API server. */
class KubernetesWatchTest {
  private static final String NAMESPACE = "redis";

  private record Told(List<NodeAddress> nodes, NodeAddress master) {}

  /** All of it but for what the proxy may not see. */
  private final class Objects extends KubernetesCrudDispatcher {
    final AtomicInteger refused = new AtomicInteger();

    @Override
    public MockResponse dispatch(RecordedRequest request) {
      if (!forbidsNodes
          || !request.getMethod().equals("GET")
          || !request.getPath().startsWith("/api/v1/nodes")) {
        return super.dispatch(request);
      }
      refused.incrementAndGet();
      return new MockResponse().setResponseCode(HttpURLConnection.HTTP_FORBIDDEN);
    }
  }

  private final Objects objects = new Objects();
  private volatile boolean forbidsNodes;
  private KubernetesMockServer server = server();
  private final ExecutorService loop = Executors.newSingleThreadExecutor();
  private KubernetesClient admin;
  private NodeSource source;
  private volatile Told told;
  private volatile Map<NodeAddress, String> zones;

  @BeforeEach
  void start() {
    server.start();
    admin = server.createClient();
  }

  @AfterEach
  void stop() {
    if (source != null) {
      source.close();
    }
    admin.close();
    server.shutdown();
    loop.shutdown();
  }

  @Test
  void podsThatComeAndGoAndChangeTheirRoleAreFollowed() {
    put(pod("redis-0", "10.0.0.1", "master"));
    put(pod("redis-1", "10.0.0.2", "slave"));
    put(pod("other", "10.0.0.9", "master", "app", "other"));
    watch(pods(Optional.empty()));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.2"));

    put(pod("redis-2", "10.0.0.3", "slave"));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.2"), node("10.0.0.3"));

    // For a moment two say that they are it: then the source doesn't know.
    put(pod("redis-1", "10.0.0.2", "master"));
    awaitTold(null, node("10.0.0.1"), node("10.0.0.2"), node("10.0.0.3"));
    put(pod("redis-0", "10.0.0.1", "slave"));
    awaitTold(node("10.0.0.2"), node("10.0.0.1"), node("10.0.0.2"), node("10.0.0.3"));

    admin.pods().inNamespace(NAMESPACE).withName("redis-0").delete();
    awaitTold(node("10.0.0.2"), node("10.0.0.2"), node("10.0.0.3"));
  }

  @Test
  void podsWithoutAnAddressOrThatAreEndingAreNone() {
    Pod starting = pod("redis-1", null, "slave");
    Pod failed = pod("redis-2", "10.0.0.3", "slave");
    failed.getStatus().setPhase("Failed");
    put(pod("redis-0", "10.0.0.1", "master"));
    put(starting);
    put(failed);
    watch(pods(Optional.empty()));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"));
  }

  @Test
  void theUsersLabelTellsTheMaster() {
    put(pod("redis-0", "10.0.0.1", "slave", "example.com/kind", "primary"));
    put(pod("redis-1", "10.0.0.2", "master", "example.com/kind", "replica"));
    watch(pods(Optional.of("example.com/kind")));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.2"));
  }

  @Test
  void whenNoneAreLeftTheNodesAreThoseThatWereThere() {
    put(pod("redis-0", "10.0.0.1", "master"));
    watch(pods(Optional.empty()));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"));
    Told before = told;

    admin.pods().inNamespace(NAMESPACE).withName("redis-0").delete();
    await().during(Duration.ofMillis(300)).until(() -> told == before);
    put(pod("redis-0", "10.0.0.7", "master"));
    awaitTold(node("10.0.0.7"), node("10.0.0.7"));
  }

  @Test
  void endpointsOfAServiceAreFollowed() {
    put(slice("redis-a", List.of("10.0.0.1", "10.0.0.2")));
    put(slice("redis-b", List.of("10.0.0.3")));
    watch(
        new ServiceEndpoints(
            new KubernetesConfig(
                Optional.of(NAMESPACE),
                Optional.empty(),
                Optional.of("redis"),
                Optional.empty(),
                Optional.empty())));
    awaitTold(null, node("10.0.0.1"), node("10.0.0.2"), node("10.0.0.3"));

    put(slice("redis-a", List.of("10.0.0.2")));
    awaitTold(null, node("10.0.0.2"), node("10.0.0.3"));
  }

  @Test
  void anApiServerThatIsAwayChangesNothingAndIsAskedAgain() {
    put(pod("redis-0", "10.0.0.1", "master"));
    watch(pods(Optional.empty()));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"));
    // From here on the pods are not only listed, but watched.
    put(pod("redis-2", "10.0.0.3", "slave"));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.3"));
    Told before = told;
    int port = server.getPort();
    server.shutdown();
    admin.close();
    await().during(Duration.ofMillis(300)).until(() -> told == before);

    server = server();
    server.start(port);
    admin = server.createClient();
    put(pod("redis-1", "10.0.0.2", "slave"));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.2"), node("10.0.0.3"));
  }

  @Test
  void podsAreInTheZonesOfTheirNodes() {
    put(clusterNode("one", "a"));
    put(clusterNode("two", "b"));
    put(clusterNode("nowhere", null));
    put(on("one", pod("redis-0", "10.0.0.1", "master")));
    put(on("two", pod("redis-1", "10.0.0.2", "slave")));
    put(on("nowhere", pod("redis-2", "10.0.0.3", "slave")));
    put(on("unheard-of", pod("redis-3", "10.0.0.4", "slave")));
    watch(pods(Optional.empty()), true);
    awaitZones(Map.of(node("10.0.0.1"), "a", node("10.0.0.2"), "b"));
    assertThat(told.nodes()).hasSize(4);

    put(clusterNode("unheard-of", "c"));
    awaitZones(Map.of(node("10.0.0.1"), "a", node("10.0.0.2"), "b", node("10.0.0.4"), "c"));
    put(clusterNode("two", null));
    awaitZones(Map.of(node("10.0.0.1"), "a", node("10.0.0.4"), "c"));
    admin.nodes().withName("unheard-of").delete();
    awaitZones(Map.of(node("10.0.0.1"), "a"));
  }

  @Test
  void podsThatMoveAreFollowedIntoTheirZones() {
    put(clusterNode("one", "a"));
    put(clusterNode("two", "b"));
    put(on("one", pod("redis-0", "10.0.0.1", "master")));
    put(on("one", pod("redis-1", "10.0.0.2", "slave")));
    watch(pods(Optional.empty()), true);
    awaitZones(Map.of(node("10.0.0.1"), "a", node("10.0.0.2"), "a"));

    admin.pods().inNamespace(NAMESPACE).withName("redis-1").delete();
    put(on("two", pod("redis-1", "10.0.0.2", "slave")));
    awaitZones(Map.of(node("10.0.0.1"), "a", node("10.0.0.2"), "b"));
    admin.pods().inNamespace(NAMESPACE).withName("redis-0").delete();
    put(on("two", pod("redis-0", "10.0.0.7", "master")));
    awaitZones(Map.of(node("10.0.0.2"), "b", node("10.0.0.7"), "b"));
  }

  @Test
  void withoutTheRightToSeeNodesThePodsAreFollowedWithoutZones() throws Exception {
    forbidsNodes = true;
    put(clusterNode("one", "a"));
    put(on("one", pod("redis-0", "10.0.0.1", "master")));
    try (LogWatch log = new LogWatch(NodeZones.class)) {
      watch(pods(Optional.empty()), true);
      awaitTold(node("10.0.0.1"), node("10.0.0.1"));
      await().untilAsserted(() -> assertThat(objects.refused).hasValueGreaterThan(1));
      assertThat(log.messages())
          .singleElement()
          .asString()
          .contains("listener 6380", "list and watch \"nodes\"", "k8s/components/zones");
    }
    put(on("one", pod("redis-1", "10.0.0.2", "slave")));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.2"));
    assertThat(zones).isEmpty();

    forbidsNodes = false;
    awaitZones(Map.of(node("10.0.0.1"), "a", node("10.0.0.2"), "a"));
  }

  @Test
  void nodesAreNotAskedForWhereNobodyPrefersAZone() {
    forbidsNodes = true;
    put(on("one", pod("redis-0", "10.0.0.1", "master")));
    watch(pods(Optional.empty()));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"));
    put(on("one", pod("redis-1", "10.0.0.2", "slave")));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.2"));
    assertThat(objects.refused).hasValue(0);
  }

  @Test
  void allShareOneClientThatGoesWithTheLast() throws Exception {
    put(pod("redis-0", "10.0.0.1", "master"));
    List<KubernetesClient> made = new CopyOnWriteArrayList<>();
    SharedClient clients =
        new SharedClient(
            () -> {
              KubernetesClient client = server.createClient();
              made.add(client);
              return client;
            });
    NodeSource other = new KubernetesWatch<>("1", pods(Optional.empty()), false, clients, loop);
    source = new KubernetesWatch<>("2", pods(Optional.empty()), false, clients, loop);
    CountDownLatch otherTold = new CountDownLatch(1);
    other.start((nodes, master, where) -> otherTold.countDown());
    source.start((nodes, master, where) -> told = new Told(nodes, master));
    assertThat(otherTold.await(10, TimeUnit.SECONDS)).isTrue();
    awaitTold(node("10.0.0.1"), node("10.0.0.1"));
    assertThat(made).hasSize(1);

    other.close();
    put(pod("redis-1", "10.0.0.2", "slave"));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.2"));
    source.close();
    await().until(() -> made.get(0).getHttpClient().isClosed());

    source = new KubernetesWatch<>("3", pods(Optional.empty()), false, clients, loop);
    told = null;
    source.start((nodes, master, where) -> told = new Told(nodes, master));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"), node("10.0.0.2"));
    assertThat(made).hasSize(2);
  }

  @Test
  void whoeverHasNoNamespaceAsksWhereKubectlWould() {
    admin.pods().inNamespace("default").resource(pod("redis-0", "10.0.0.1", "master")).create();
    source =
        new KubernetesWatch<>(
            "6380",
            new SelectedPods(
                new KubernetesConfig(
                    Optional.empty(),
                    Optional.of("app=redis"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty())),
            false,
            new SharedClient(this::clientWithoutNamespace),
            loop);
    source.start((nodes, master, where) -> told = new Told(nodes, master));
    awaitTold(node("10.0.0.1"), node("10.0.0.1"));
  }

  private KubernetesClient clientWithoutNamespace() {
    Config config = new ConfigBuilder(admin.getConfiguration()).withNamespace(null).build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  @Test
  void whatCannotBeBegunIsBegunAgain() throws Exception {
    put(pod("redis-0", "10.0.0.1", "master"));
    AtomicInteger attempts = new AtomicInteger();
    SharedClient clients = new SharedClient(() -> clientFromSecond(attempts));
    try (LogWatch log = new LogWatch(KubernetesWatch.class)) {
      source = new KubernetesWatch<>("6380", pods(Optional.empty()), false, clients, loop);
      source.start((nodes, master, where) -> told = new Told(nodes, master));
      awaitTold(node("10.0.0.1"), node("10.0.0.1"));
      assertThat(log.messages()).singleElement().asString().endsWith("no such certificate");
    }
  }

  @Test
  void theOwnZoneIsAskedForAgainWhenThatCannotBeBegun() {
    AtomicInteger attempts = new AtomicInteger();
    SharedClient clients = new SharedClient(() -> clientFromSecond(attempts));
    try (LogWatch log = new LogWatch(NodeZones.class)) {
      OwnZone zone = new OwnZone(Optional.empty(), Optional.of("node-1"), clients);
      zone.start();
      await().until(() -> attempts.get() == 2);
      zone.close();
      assertThat(log.messages()).singleElement().asString().endsWith("no such certificate");
    }
  }

  /** The first attempt fails. */
  private KubernetesClient clientFromSecond(AtomicInteger attempts) {
    if (attempts.incrementAndGet() == 1) {
      throw new KubernetesClientException("no such certificate");
    }
    return server.createClient();
  }

  private KubernetesMockServer server() {
    return new KubernetesMockServer(
        new Context(), new MockWebServer(), new HashMap<>(), objects, false);
  }

  private static SelectedPods pods(Optional<String> roleLabel) {
    return new SelectedPods(
        new KubernetesConfig(
            Optional.of(NAMESPACE),
            Optional.of("app=redis"),
            Optional.empty(),
            roleLabel,
            Optional.empty()));
  }

  private void watch(KubernetesPods<?> pods) {
    watch(pods, false);
  }

  private void watch(KubernetesPods<?> pods, boolean seesZones) {
    source =
        new KubernetesWatch<>(
            "6380", pods, seesZones, new SharedClient(server::createClient), loop);
    source.start(
        (nodes, master, where) -> {
          zones = where;
          told = new Told(nodes, master);
        });
  }

  private void awaitZones(Map<NodeAddress, String> expected) {
    await().untilAsserted(() -> assertThat(zones).isEqualTo(expected));
  }

  private void awaitTold(NodeAddress master, NodeAddress... nodes) {
    await().untilAsserted(() -> assertThat(told).isEqualTo(new Told(List.of(nodes), master)));
  }

  private static NodeAddress node(String address) {
    return new NodeAddress(address, 6379);
  }

  private void put(Pod pod) {
    admin.pods().inNamespace(NAMESPACE).resource(pod).createOr(existing -> existing.update());
  }

  private void put(Node node) {
    admin.nodes().resource(node).createOr(existing -> existing.update());
  }

  private void put(EndpointSlice slice) {
    admin
        .discovery()
        .v1()
        .endpointSlices()
        .inNamespace(NAMESPACE)
        .resource(slice)
        .createOr(existing -> existing.update());
  }

  private static Pod pod(String name, String address, String role) {
    return pod(name, address, role, "kind", "database");
  }

  private static Pod pod(String name, String address, String role, String label, String value) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .addToLabels("app", "redis")
        .addToLabels("redis-role", role)
        .addToLabels(label, value)
        .endMetadata()
        .withNewStatus()
        .withPhase("Running")
        .withPodIP(address)
        .endStatus()
        .build();
  }

  private static Pod on(String clusterNode, Pod pod) {
    return new PodBuilder(pod).withNewSpec().withNodeName(clusterNode).endSpec().build();
  }

  private static Node clusterNode(String name, String zone) {
    Map<String, String> labels =
        zone == null ? Map.of() : Map.of("topology.kubernetes.io/zone", zone);
    return new NodeBuilder().withNewMetadata().withName(name).withLabels(labels).and().build();
  }

  private static EndpointSlice slice(String name, List<String> addresses) {
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withName(name)
        .addToLabels("kubernetes.io/service-name", "redis")
        .endMetadata()
        .withAddressType("IPv4")
        .addNewPort()
        .withPort(6379)
        .endPort()
        .withEndpoints(
            addresses.stream()
                .map(address -> new EndpointBuilder().withAddresses(address).build())
                .toList())
        .build();
  }
}
