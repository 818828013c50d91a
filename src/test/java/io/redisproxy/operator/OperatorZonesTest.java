package io.redisproxy.operator;

import static io.redisproxy.operator.Cluster.LISTENER;
import static io.redisproxy.operator.Cluster.NAME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.redisproxy.fixture.LogWatch;
import io.redisproxy.kubernetes.Models;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may see the cluster's nodes, by the one binding that all RedisProxies share. */
class OperatorZonesTest {
  private static final String ZONES = LISTENER + "zonesFromNodes: true\n";
  private static final String PATH =
      "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/redisproxy-zones";

  @AutoClose private Cluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = new Cluster();
    install();
  }

  private void install() throws IOException {
    try (InputStream manifest = Files.newInputStream(Path.of("k8s/operator/zones.yaml"))) {
      cluster.client().load(manifest).resources().forEach(OperatorZonesTest::create);
    }
    cluster.server().writes().clear();
  }

  private static void create(Resource<?> object) {
    if (object.get() == null) {
      object.create();
    }
  }

  @Test
  void podsAreToldTheirNodeAndMaySeeIt() throws Exception {
    try (ProxyOperator operator = cluster.operator("first", () -> {})) {
      operator.start();
      cluster.apply(LISTENER);
      cluster.awaited("Applied", "InPlace");
      assertThat(subjects()).isEmpty();
      assertThat(variables()).doesNotContain("REDIS_PROXY_KUBERNETES_NODE");

      cluster.apply(ZONES);
      cluster.awaited("Applied", "InPlace");
      assertThat(subjects()).containsExactly("ServiceAccount redis/cache");
      Deployment deployment =
          cluster.awaited(
              Deployment.class,
              NAME,
              found -> variables(found).contains("REDIS_PROXY_KUBERNETES_NODE"));
      var pod = deployment.getSpec().getTemplate().getSpec();
      assertThat(pod.getAutomountServiceAccountToken()).isTrue();
      assertThat(pod.getServiceAccountName()).isEqualTo(NAME);
      assertThat(pod.getContainers().get(0).getEnv())
          .filteredOn(variable -> variable.getName().equals("REDIS_PROXY_KUBERNETES_NODE"))
          .extracting(variable -> variable.getValueFrom().getFieldRef().getFieldPath())
          .containsExactly("spec.nodeName");
      deployment.getMetadata().setManagedFields(List.of());
      deployment.getMetadata().setCreationTimestamp(null);
      Models.read(new ObjectMapper().readTree(Serialization.asJson(deployment)));

      cluster.apply(LISTENER);
      await().until(() -> subjects().isEmpty());
      await().until(() -> !variables().contains("REDIS_PROXY_KUBERNETES_NODE"));

      cluster.apply(ZONES);
      await().until(() -> subjects().size() == 1);
      cluster.delete();
      await().until(() -> subjects().isEmpty());
    }
  }

  private List<String> variables() {
    return variables(cluster.deployment());
  }

  private static List<String> variables(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().get(0).getEnv().stream()
        .map(EnvVar::getName)
        .toList();
  }

  @Test
  void whatWasDeletedWhileNobodyLookedLosesTheRight() {
    try (ProxyOperator first = cluster.operator("first", () -> {})) {
      first.start();
      cluster.apply(ZONES);
      await().until(() -> subjects().size() == 1);
    }
    assertThat(subjects()).as("an operator that ends takes nothing away").hasSize(1);
    cluster.delete();
    try (ProxyOperator second = cluster.operator("second", () -> {})) {
      second.start();
      await().until(() -> subjects().isEmpty());
    }
  }

  @Test
  void aMissingBindingIsToldAndTheProxyGoesOn() throws Exception {
    binding().delete();
    try (ProxyOperator operator = cluster.operator("first", () -> {})) {
      operator.start();
      cluster.apply(ZONES);
      assertThat(cluster.awaited("Applied", "Missing").getMessage())
          .contains("no ClusterRoleBinding redisproxy-zones", "k8s/operator/zones.yaml");
      assertThat(cluster.condition("Ready").getReason()).isEqualTo("Missing");
      cluster.awaited(Deployment.class, NAME);

      install();
      cluster.awaited("Applied", "InPlace");
      assertThat(subjects()).hasSize(1);

      binding().delete();
      cluster.awaited("Applied", "Missing");
    }
  }

  @Test
  void aMissingRightIsToldToThoseWhoNeedIt() {
    cluster.server().refuse(request -> request.endsWith(PATH));
    try (ProxyOperator operator = cluster.operator("first", () -> {})) {
      operator.start();
      cluster.apply(LISTENER);
      cluster.awaited("Applied", "InPlace");

      cluster.apply(ZONES);
      assertThat(cluster.awaited("Applied", "Forbidden").getMessage())
          .contains("ClusterRoleBinding redisproxy-zones: the operator lacks a right")
          .contains("k8s/operator/zones.yaml");
      cluster.awaited(
          Deployment.class,
          NAME,
          found -> variables(found).contains("REDIS_PROXY_KUBERNETES_NODE"));

      cluster.server().refuse(request -> false);
      cluster.awaited("Applied", "InPlace");
      cluster.server().refuse(request -> request.equals("PUT " + PATH));
      write(binding -> binding.setSubjects(List.of()));
      cluster.awaited("Applied", "Forbidden");
      cluster.server().refuse(request -> false);
      await().until(() -> subjects().size() == 1);
      cluster.awaited("Applied", "InPlace");
    }
  }

  /** Or its status would tell what the reconciliation has found, for hours. */
  @Test
  void whatAReconciliationHasFoundIsLookedAtAgain() throws IOException {
    binding().delete();
    ZonesBinding zones = new ZonesBinding(cluster.client(), Set.of(), () -> true);
    List<ResourceID> told = new ArrayList<>();
    EventSource<Void, RedisProxy> news = zones.watch(() -> Stream.of(proxy("a/one")));
    news.setEventHandler(event -> told.add(event.getRelatedCustomResourceID()));
    news.start();
    zones.sweep();
    zones.sweep();
    assertThat(told).containsExactly(new ResourceID("one", "a"));

    install();
    assertThat(zones.write()).isEmpty();
    binding().delete();
    zones.sweep();
    zones.sweep();
    assertThat(told).hasSize(2);
  }

  @Test
  void subjectsAreThoseWhoWantItWhateverSomebodyWrites() {
    ZonesBinding zones = zones(Set.of(), "a/one", "b/two");
    write(binding -> binding.setSubjects(List.of(subject("User", null, "eve"))));
    cluster.server().writes().clear();

    assertThat(zones.write()).isEmpty();
    assertThat(subjects()).containsExactly("ServiceAccount a/one", "ServiceAccount b/two");
    assertThat(zones.write()).isEmpty();
    assertThat(cluster.server().writes()).containsExactly("PUT " + PATH);

    assertThat(zones(Set.of()).write()).isEmpty();
    assertThat(subjects()).isEmpty();
  }

  @Test
  void operatorsOfOtherNamespacesKeepTheirs() {
    ZonesBinding one = zones(Set.of("a"), "a/one");
    ZonesBinding other = zones(Set.of("b", "c"), "b/two", "c/three");
    assertThat(other.write()).isEmpty();
    ClusterRoleBinding written = binding().get();
    write(binding -> binding.setSubjects(List.of()));
    // Both have looked, and the other one is first.
    cluster.server().writeBefore("PUT " + PATH, written);

    assertThat(one.write()).isEmpty();

    assertThat(subjects())
        .containsExactlyInAnyOrder(
            "ServiceAccount a/one", "ServiceAccount b/two", "ServiceAccount c/three");
    cluster.server().writes().clear();
    assertThat(other.write()).isEmpty();
    assertThat(one.write()).isEmpty();
    assertThat(cluster.server().writes()).isEmpty();
    assertThat(zones(Set.of("b", "c"), "c/three").write()).isEmpty();
    assertThat(zones(Set.of("a")).write()).isEmpty();
    assertThat(subjects()).containsExactly("ServiceAccount c/three");
  }

  @Test
  void nobodyLosesTheRightWhoIsNotKnownYet() {
    zones(Set.of(), "a/one", "b/two").write();
    ZonesBinding beginning = new ZonesBinding(cluster.client(), Set.of(), () -> false);
    beginning.watch(() -> Stream.of(proxy("c/three")));

    assertThat(beginning.write()).isEmpty();

    assertThat(subjects())
        .containsExactlyInAnyOrder(
            "ServiceAccount a/one", "ServiceAccount b/two", "ServiceAccount c/three");
  }

  @Test
  void aBindingForAnotherRoleIsLeftAlone() {
    binding().delete();
    ClusterRoleBinding foreign =
        new ClusterRoleBindingBuilder()
            .withNewMetadata()
            .withName(ZonesBinding.NAME)
            .endMetadata()
            .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "cluster-admin")
            .withSubjects(subject("User", null, "root"))
            .build();
    cluster.client().resource(foreign).create();

    assertThat(zones(Set.of(), "a/one").write().orElseThrow().reason()).isEqualTo("Conflict");
    assertThat(zones(Set.of()).write()).isEmpty();
    assertThat(subjects()).containsExactly("User null/root");
  }

  @Test
  void whoMayNotLookAsksOnceAsLongAsNobodyWantsIt() {
    AtomicInteger asked = new AtomicInteger();
    cluster
        .server()
        .refuse(request -> request.equals("GET " + PATH) && asked.incrementAndGet() > 0);
    ZonesBinding zones = zones(Set.of());
    try (LogWatch log = new LogWatch(ZonesBinding.class)) {
      for (int i = 0; i < 3; i++) {
        zones.sweep();
      }
      assertThat(log.messages()).isEmpty();
      assertThat(asked).hasValue(1);

      zones.watch(() -> Stream.of(proxy("a/one")));
      for (int i = 0; i < 3; i++) {
        zones.sweep();
      }
      assertThat(log.messages()).singleElement().asString().contains("lacks a right");
      assertThat(asked).hasValue(4);
    }
  }

  private ZonesBinding zones(Set<String> namespaces, String... proxies) {
    ZonesBinding zones = new ZonesBinding(cluster.client(), namespaces, () -> true);
    zones.watch(() -> Stream.of(proxies).map(OperatorZonesTest::proxy));
    return zones;
  }

  /** {@code name}: with the namespace before it. */
  private static RedisProxy proxy(String name) {
    RedisProxy proxy = Cluster.resource(ZONES);
    proxy.getMetadata().setNamespace(name.replaceFirst("/.*", ""));
    proxy.getMetadata().setName(name.replaceFirst(".*/", ""));
    return proxy;
  }

  private static Subject subject(String kind, String namespace, String name) {
    return new Subject(null, kind, name, namespace);
  }

  private Resource<ClusterRoleBinding> binding() {
    return cluster.client().rbac().clusterRoleBindings().withName(ZonesBinding.NAME);
  }

  private void write(Consumer<ClusterRoleBinding> change) {
    binding()
        .edit(
            found -> {
              change.accept(found);
              return found;
            });
  }

  private List<String> subjects() {
    return binding().get().getSubjects().stream()
        .map(each -> each.getKind() + " " + each.getNamespace() + "/" + each.getName())
        .toList();
  }
}
