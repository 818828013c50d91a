package io.redisproxy.operator;

import static io.redisproxy.operator.Cluster.LISTENER;
import static io.redisproxy.operator.Cluster.NAME;
import static io.redisproxy.operator.Cluster.NAMESPACE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.redisproxy.discovery.OwnZone;
import io.redisproxy.discovery.SharedClient;
import io.redisproxy.kubernetes.Manifests;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests and the operator at an API server of Kubernetes itself, where there is one. */
class RealApiServerTest {
  private static final List<Class<? extends HasMetadata>> CHILDREN =
      List.of(
          ServiceAccount.class,
          Role.class,
          RoleBinding.class,
          Deployment.class,
          Service.class,
          PodDisruptionBudget.class,
          NetworkPolicy.class,
          HorizontalPodAutoscaler.class,
          ServiceMonitor.class);

  /** Has an object of each kind be made. */
  private static final String ALL =
      """
      listeners:
        - listen: 6380
          kubernetes: { selector: app=redis }
        - listen: 6381
          master: { host: redis-0, port: 6379 }
          passwordSecret: { name: redis, key: password }
      autoscaling: { maxReplicas: 5 }
      zonesFromNodes: true
      """;

  private static final String ZONES = LISTENER + "zonesFromNodes: true\n";

  private static final Logger LOG = Logger.getLogger(RealApiServerTest.class);

  @TempDir static Path folder;
  private static RealApiServer server;
  private static Cluster cluster;
  private static ProxyOperator operator;

  @BeforeAll
  static void start() throws Exception {
    String missing = RealApiServer.missing();
    if (!missing.isEmpty()) {
      // Surefire is silent on assumptions that fail before the first test.
      LOG.warnf("skipped: %s", missing);
    }
    assumeTrue(missing.isEmpty(), missing);
    server = new RealApiServer(folder);
    cluster = new Cluster(server);
    apply("--filename=src/test/resources/monitoring-kinds.yaml");
    apply("--kustomize=k8s/operator");
    for (String kind :
        List.of("redisproxies.redisproxy.io", "servicemonitors.monitoring.coreos.com")) {
      server.kubectl().run("wait", "--for=condition=Established", "crd/" + kind, "--timeout=30s");
    }
    server.kubectl().run("create", "namespace", NAMESPACE);
    operator = cluster.operator("first", () -> {});
    operator.start();
    assertThat(operator.isReady()).isTrue();
  }

  @AfterAll
  static void stop() {
    if (operator != null) {
      operator.close();
    }
    if (server != null) {
      cluster.close();
      server.close();
    }
  }

  /** As nobody collects what has lost its owner. */
  @AfterEach
  void clean() {
    cluster.delete();
    await().until(() -> cluster.proxy() == null);
    for (Class<? extends HasMetadata> kind : CHILDREN) {
      cluster.client().resources(kind).inNamespace(NAMESPACE).withName(NAME).delete();
    }
    cluster.client().configMaps().inNamespace(NAMESPACE).withName(NAME + "-listeners").delete();
    cluster.client().secrets().inNamespace(NAMESPACE).withName(Names.ADMIN_SECRET).delete();
  }

  @ParameterizedTest
  @ValueSource(strings = {"k8s", "k8s/operator", "k8s/overlays/demo"})
  void kubectlAppliesAllOfItAgainAndAgain(String kustomization) throws Exception {
    changesNothingTheSecondTime(kustomization);
  }

  @Test
  void kubectlAppliesEachComponent() throws Exception {
    Manifests.writeWithAllComponents(folder, "default");
    changesNothingTheSecondTime(folder.toString());
  }

  private static void changesNothingTheSecondTime(String kustomization) throws Exception {
    String manifests = server.kubectl().run("kustomize", kustomization);
    int objects = manifests.split("(?m)^kind: ").length - 1;
    assertThat(apply("--kustomize=" + kustomization))
        .hasSize(objects)
        .allMatch(line -> line.endsWith(" serverside-applied"));
    List<HasMetadata> first = stored(manifests);
    assertThat(first).hasSize(objects);

    apply("--kustomize=" + kustomization);

    assertThat(stored(manifests)).isEqualTo(first);
  }

  private static List<String> versions(List<HasMetadata> objects) {
    return objects.stream()
        .map(
            object ->
                "%s %s %s: %s"
                    .formatted(
                        object.getKind(),
                        object.getMetadata().getName(),
                        object.getMetadata().getUid(),
                        object.getMetadata().getResourceVersion()))
        .toList();
  }

  /** Without the time of the last apply, which older servers note even if it changes nothing. */
  private static List<HasMetadata> stored(String manifests) {
    List<HasMetadata> stored =
        cluster.client().load(new ByteArrayInputStream(manifests.getBytes(UTF_8))).get();
    for (HasMetadata object : stored) {
      object.getMetadata().setResourceVersion(null);
      object.getMetadata().setManagedFields(null);
    }
    return stored;
  }

  private static List<String> apply(String what) throws Exception {
    return server
        .kubectl()
        .run("apply", "--server-side", what)
        .lines()
        .filter(line -> !line.startsWith("Warning: "))
        .toList();
  }

  /** Where Pod Security is enforced, which a server before 1.25 leaves to others. */
  @Test
  void podsAreThoseOfTheRestrictedStandard() throws Exception {
    apply("--kustomize=k8s/overlays/demo");
    cluster.apply(ALL);
    Deployment proxies = cluster.awaited(Deployment.class, NAME);
    List<PodTemplateSpec> templates = new ArrayList<>();
    templates.add(proxies.getSpec().getTemplate());
    for (String kustomization : List.of("k8s/operator", "k8s/overlays/demo")) {
      for (HasMetadata each : stored(server.kubectl().run("kustomize", kustomization))) {
        if (each instanceof Deployment deployment) {
          templates.add(deployment.getSpec().getTemplate());
        } else if (each instanceof StatefulSet set) {
          templates.add(set.getSpec().getTemplate());
        }
      }
    }
    assertThat(templates).hasSize(4);
    for (PodTemplateSpec template : templates) {
      var pod =
          new PodBuilder()
              .withNewMetadata()
              .withName("one")
              .withNamespace("redis-proxy-demo")
              .withLabels(template.getMetadata().getLabels())
              .endMetadata()
              .withSpec(template.getSpec())
              .build();
      assertThat(cluster.client().resource(pod).dryRun().create().getSpec().getContainers())
          .hasSize(1);
    }
  }

  @TestFactory
  Stream<DynamicTest> rulesRefuseWhatTheyAreThereToRefuse() {
    return ValidationRulesTest.cases().stream()
        .map(each -> dynamicTest(each.path("what").asText(), () -> breaksWhatItSays(each)));
  }

  private static void breaksWhatItSays(JsonNode each) {
    GenericKubernetesResource resource =
        Serialization.unmarshal(
            ValidationRulesTest.resource(each).toString(), GenericKubernetesResource.class);
    var request = cluster.client().resource(resource).inNamespace(NAMESPACE).dryRun();
    List<String> expected = new ArrayList<>();
    each.path("breaks").forEach(rule -> expected.add(rule.asText()));
    if (expected.isEmpty()) {
      assertThat(request.create().getMetadata().getUid()).isNotEmpty();
      return;
    }
    KubernetesClientException refusal =
        catchThrowableOfType(KubernetesClientException.class, request::create);
    assertThat(refusal).as("accepted").isNotNull();
    assertThat(refusal.getCode()).isEqualTo(422);
    List<String> told =
        refusal.getStatus().getDetails().getCauses().stream()
            .map(
                cause ->
                    cause.getField().replace("<nil>", "")
                        + ": "
                        + cause.getMessage().replaceFirst("^Invalid value: (\"[^\"]*\": )?", ""))
            .toList();
    assertThat(told).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(told.get(i)).startsWith(expected.get(i));
    }
  }

  @Test
  void kubectlKnowsTheKind() throws Exception {
    Path misspelt =
        Files.writeString(
            folder.resolve("misspelt.yaml"),
            Files.readString(Path.of("k8s/operator/example.yaml"))
                .replace("consistency:", "consistence:"));
    assertThat(server.kubectl().fail("apply", "--server-side", "--filename=" + misspelt))
        .contains("consistence");

    cluster.apply(LISTENER);
    cluster.haveReady(2);
    cluster.awaited("RolledOut", "PodsReady");
    assertThat(server.kubectl().run("get", "rproxy", "--namespace=" + NAMESPACE))
        .containsPattern("NAME +READY +REASON +PODS +ENDPOINT +MASTER +AGE")
        .containsPattern("cache +False +NoReports +2 +cache\\.redis\\.svc:6380");
    server.kubectl().run("scale", "rproxy/" + NAME, "--replicas=3", "--namespace=" + NAMESPACE);
    cluster.awaited(Deployment.class, NAME, found -> found.getSpec().getReplicas() == 3);
  }

  @Test
  void theOperatorMakesAndMendsAllWithTheRightsOfItsManifests() {
    cluster.apply(ALL);
    cluster.awaited("Applied", "InPlace");
    RedisProxy owner = cluster.proxy();
    List<HasMetadata> children = children();
    children.add(cluster.awaited(ConfigMap.class, NAME + "-listeners"));
    assertThat(children).allSatisfy(child -> goesWith(owner, child));
    goesWith(owner, cluster.get(Secret.class, Names.ADMIN_SECRET));
    assertThat(owner.getMetadata().getFinalizers()).isEmpty();

    for (HasMetadata child : children) {
      cluster.client().resource(child).delete();
      cluster.awaited(
          child.getClass(),
          child.getMetadata().getName(),
          found -> !found.getMetadata().getUid().equals(child.getMetadata().getUid()));
    }
    cluster
        .client()
        .services()
        .inNamespace(NAMESPACE)
        .withName(NAME)
        .edit(
            service -> {
              service.getMetadata().setLabels(Map.of());
              service.getSpec().getSelector().put(Names.INSTANCE, "other");
              return service;
            });
    cluster.awaited(
        Service.class,
        NAME,
        service ->
            service.getMetadata().getLabels().containsKey(Names.INSTANCE)
                && service.getSpec().getSelector().equals(Names.selector(owner)));
    cluster.awaited("Applied", "InPlace");
    assertThat(cluster.client().resources(Event.class).inNamespace(NAMESPACE).list().getItems())
        .extracting(Event::getReason)
        .contains("Created");
  }

  private static void goesWith(RedisProxy owner, HasMetadata child) {
    assertThat(child.getMetadata().getFinalizers()).isEmpty();
    assertThat(child.getMetadata().getOwnerReferences())
        .extracting(OwnerReference::getUid)
        .containsExactly(owner.getMetadata().getUid());
  }

  /** What is in place stays as it is, and is not written again. */
  @Test
  void nothingIsWrittenWhereNothingIsDifferent() {
    cluster.apply(ALL);
    cluster.awaited("Applied", "InPlace");
    List<String> before = versions(children());

    // Which tells that it has looked at everything.
    cluster.apply(ALL.replace("maxReplicas: 5", "maxReplicas: 6"));
    cluster.awaited(
        HorizontalPodAutoscaler.class, NAME, found -> found.getSpec().getMaxReplicas() == 6);
    cluster.awaited("Applied", "InPlace");

    List<String> after = versions(children());
    assertThat(after).hasSameSizeAs(before);
    for (int i = 0; i < after.size(); i++) {
      if (CHILDREN.get(i) != HorizontalPodAutoscaler.class) {
        assertThat(after.get(i)).isEqualTo(before.get(i));
      }
    }
  }

  private static List<HasMetadata> children() {
    List<HasMetadata> children = new ArrayList<>();
    CHILDREN.forEach(kind -> children.add(cluster.awaited(kind, NAME)));
    return children;
  }

  @Test
  void deletionLeavesNothingThatHasAnOwner() throws Exception {
    cluster.apply(ALL);
    cluster.awaited("Applied", "InPlace");
    String owner = cluster.proxy().getMetadata().getUid();
    server.kubectl().run("delete", "rproxy", NAME, "--namespace=" + NAMESPACE, "--timeout=10s");

    for (Class<? extends HasMetadata> kind : CHILDREN) {
      assertThat(cluster.get(kind, NAME).getMetadata().getOwnerReferences())
          .extracting(OwnerReference::getUid)
          .containsExactly(owner);
    }
    // As the collector would; and nobody makes it again.
    Service gone = cluster.get(Service.class, NAME);
    cluster.client().resource(gone).delete();
    cluster.apply(LISTENER);
    Service next = cluster.awaited(Service.class, NAME);
    assertThat(next.getMetadata().getOwnerReferences().get(0).getUid())
        .isEqualTo(cluster.proxy().getMetadata().getUid());
  }

  /** As long as there is a RedisProxy that wants it; what is applied again takes nothing away. */
  @Test
  void proxiesSeeTheZoneOfTheirNode() throws Exception {
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName("node-1")
            .addToLabels("topology.kubernetes.io/zone", "eu-1")
            .endMetadata()
            .build();
    cluster.client().resource(node).create();
    cluster.apply(LISTENER);
    cluster.awaited("Applied", "InPlace");
    assertThat(mayProxiesSeeNodes()).isFalse();

    cluster.apply(ZONES);
    cluster.awaited("Applied", "InPlace");
    await().until(RealApiServerTest::mayProxiesSeeNodes);
    SharedClient clients = new SharedClient(() -> server.client(NAMESPACE, NAME));
    OwnZone zone = new OwnZone(Optional.empty(), Optional.of("node-1"), clients);
    zone.start();
    await().untilAsserted(() -> assertThat(zone.now()).isEqualTo("eu-1"));
    zone.close();

    String version = binding().get().getMetadata().getResourceVersion();
    apply("--kustomize=k8s/operator");
    server.kubectl().run("apply", "--filename=k8s/operator/zones.yaml");
    assertThat(binding().get().getSubjects()).hasSize(1);
    binding().edit(found -> new ClusterRoleBindingBuilder(found).withSubjects().build());
    await().until(() -> binding().get().getSubjects().size() == 1);
    assertThat(binding().get().getMetadata().getResourceVersion()).isNotEqualTo(version);

    cluster.delete();
    await().until(() -> !mayProxiesSeeNodes());
    cluster.client().resource(node).delete();
  }

  private static boolean mayProxiesSeeNodes() {
    ResourceAttributes list =
        new ResourceAttributesBuilder().withVerb("list").withResource("nodes").build();
    return may(NAMESPACE, NAME, list);
  }

  private static boolean mayOperatorBind() {
    ResourceAttributes bind =
        new ResourceAttributesBuilder()
            .withVerb("bind")
            .withGroup("rbac.authorization.k8s.io")
            .withResource("clusterroles")
            .withName(ZonesBinding.NAME)
            .build();
    return may("redis-proxy-system", Names.OPERATOR, bind);
  }

  private static boolean may(String namespace, String account, ResourceAttributes what) {
    SubjectAccessReview review =
        new SubjectAccessReviewBuilder()
            .withNewSpec()
            .withUser("system:serviceaccount:" + namespace + ":" + account)
            .withResourceAttributes(what)
            .endSpec()
            .build();
    return cluster.client().resource(review).create().getStatus().getAllowed();
  }

  private static Resource<ClusterRoleBinding> binding() {
    return cluster.client().rbac().clusterRoleBindings().withName(ZonesBinding.NAME);
  }

  @Test
  void nobodySeesNodesWhereTheOperatorMayNotGiveThatOrTheBindingIsMissing() throws Exception {
    var role = cluster.client().rbac().clusterRoles().withName(Names.OPERATOR + "-zones");
    List<PolicyRule> all = role.get().getRules();
    List<PolicyRule> fewer =
        all.stream().filter(rule -> !rule.getVerbs().contains("bind")).toList();
    assertThat(fewer).hasSize(all.size() - 1);
    role.edit(edited -> new ClusterRoleBuilder(edited).withRules(fewer).build());
    try {
      await().until(() -> !mayOperatorBind());
      cluster.apply(ZONES);
      assertThat(cluster.awaited("Applied", "Forbidden").getMessage())
          .contains("k8s/operator/zones.yaml", "attempting to grant RBAC permissions", "nodes");
      assertThat(mayProxiesSeeNodes()).isFalse();
      cluster.awaited(Deployment.class, NAME);
    } finally {
      role.edit(edited -> new ClusterRoleBuilder(edited).withRules(all).build());
    }
    cluster.awaited("Applied", "InPlace");

    binding().delete();
    cluster.awaited("Applied", "Missing");
    apply("--kustomize=k8s/operator");
    cluster.awaited("Applied", "InPlace");
    await().until(RealApiServerTest::mayProxiesSeeNodes);
  }

  @Test
  void rightsThatAreTakenAwayAreMissed() {
    cluster.apply(LISTENER);
    cluster.awaited("Applied", "InPlace");
    var role = cluster.client().rbac().clusterRoles().withName(Names.OPERATOR);
    List<PolicyRule> all = role.get().getRules();
    List<PolicyRule> fewer =
        all.stream().filter(rule -> !rule.getApiGroups().contains("apps")).toList();
    role.edit(edited -> new ClusterRoleBuilder(edited).withRules(fewer).build());
    try {
      await()
          .untilAsserted(
              () -> {
                // Again and again, as the server takes a moment to know.
                cluster.client().resources(Deployment.class).inNamespace(NAMESPACE).delete();
                assertThat(cluster.condition("Applied").getReason()).isEqualTo("Forbidden");
              });
    } finally {
      role.edit(edited -> new ClusterRoleBuilder(edited).withRules(all).build());
    }
    cluster.awaited("Applied", "InPlace");
    cluster.awaited(Deployment.class, NAME);
  }
}
