package io.redisproxy.operator;

import static io.redisproxy.operator.Cluster.LISTENER;
import static io.redisproxy.operator.Cluster.NAME;
import static io.redisproxy.operator.Cluster.NAMESPACE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.kubernetes.Models;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the operator makes of a RedisProxy, at a stand-in for an API server. */
class OperatorTest {
  private static final List<Class<? extends HasMetadata>> ALWAYS =
      List.of(
          ServiceAccount.class,
          Deployment.class,
          Service.class,
          PodDisruptionBudget.class,
          NetworkPolicy.class,
          ServiceMonitor.class);

  @AutoClose private static Cluster cluster;
  @AutoClose private static ProxyOperator operator;

  @BeforeAll
  static void start() throws Exception {
    cluster = new Cluster();
    cluster.server().addServiceMonitors();
    operator = cluster.operator("first", () -> {});
    operator.start();
    assertThat(operator.isReady()).isTrue();
  }

  @AfterEach
  void clean() {
    cluster.server().refuse(write -> false);
    cluster.client().pods().inNamespace(NAMESPACE).delete();
    cluster.client().services().inNamespace(NAMESPACE).withName(NAME).delete();
    cluster.client().secrets().inNamespace(NAMESPACE).withLabel("of", "user").delete();
    cluster.delete();
    await().until(() -> cluster.get(Secret.class, Names.ADMIN_SECRET) == null);
    await().until(() -> cluster.deployment() == null);
  }

  @Test
  void everythingIsMadeAsKubernetesTakesItAndBelongsToTheResource() throws Exception {
    cluster.apply(LISTENER);
    for (Class<? extends HasMetadata> kind : ALWAYS) {
      check(cluster.awaited(kind, NAME));
    }
    check(cluster.awaited(ConfigMap.class, NAME + "-listeners"));
    assertThat(cluster.get(Role.class, NAME)).isNull();
    assertThat(cluster.get(HorizontalPodAutoscaler.class, NAME)).isNull();

    Deployment deployment = cluster.deployment();
    assertThat(deployment.getSpec().getReplicas()).isEqualTo(2);
    Map<String, String> labels = deployment.getSpec().getTemplate().getMetadata().getLabels();
    assertThat(labels)
        .containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels())
        .containsAllEntriesOf(cluster.get(Service.class, NAME).getSpec().getSelector())
        .containsAllEntriesOf(
            cluster.get(PodDisruptionBudget.class, NAME).getSpec().getSelector().getMatchLabels())
        .containsAllEntriesOf(
            cluster.get(NetworkPolicy.class, NAME).getSpec().getPodSelector().getMatchLabels());
    assertThat(container().getImage()).isEqualTo("redis-proxy:test");
    assertThat(variables()).containsEntry("REDIS_PROXY_CONFIG", "/etc/redis-proxy/listeners.json");
    assertThat(deployment.getSpec().getTemplate().getSpec().getVolumes())
        .anySatisfy(
            volume -> assertThat(volume.getConfigMap().getName()).isEqualTo(NAME + "-listeners"));
    assertThat(deployment.getSpec().getTemplate().getSpec().getAutomountServiceAccountToken())
        .isFalse();
  }

  private static void check(HasMetadata child) throws Exception {
    assertThat(child.getMetadata().getOwnerReferences())
        .singleElement()
        .satisfies(
            owner -> {
              assertThat(owner.getUid()).isEqualTo(cluster.proxy().getMetadata().getUid());
              assertThat(owner.getController()).isTrue();
            });
    assertThat(child.getMetadata().getFinalizers()).isEmpty();
    if (!(child instanceof ServiceMonitor)) {
      child.getMetadata().setManagedFields(List.of());
      child.getMetadata().setCreationTimestamp(null);
      Models.read(new ObjectMapper().readTree(Serialization.asJson(child)));
    }
  }

  @Test
  void changedListenersAreReadAgainByThePodsThatAreThere() throws Exception {
    cluster.apply(LISTENER);
    Deployment before = cluster.awaited(Deployment.class, NAME);
    assertThat(ConfigLoader.check(listeners().getBytes(StandardCharsets.UTF_8))).hasSize(1);

    cluster.apply(
        """
        listeners:
          - listen: 6390
            sentinel: { service: main, nodes: [ { host: sentinel, port: 26379 } ] }
            consistency: eventual
            readPolicy: sticky
            commands: { KEYS: master }
            deny: [ FLUSHALL ]
            maxLagBytes: 1000
            holdWrites: 0s
          - listen: 6391
            master: { host: redis-0, port: 6379, weight: 0 }
        """);
    cluster.awaited("Accepted", "Valid");
    JsonNode written =
        await()
            .until(
                () -> new ObjectMapper().readTree(listeners()),
                json -> json.path(0).path("listen").asInt() == 6390);
    assertThat(written.at("/0/sentinel/service").asText()).isEqualTo("main");
    assertThat(written.at("/0/consistency").asText()).isEqualTo("eventual");
    assertThat(written.at("/0/readPolicy").asText()).isEqualTo("sticky");
    assertThat(written.at("/0/commands/KEYS").asText()).isEqualTo("master");
    assertThat(written.at("/1/master/weight").asInt()).isZero();
    assertThat(
            cluster
                .awaited(Service.class, NAME, found -> ports(found).contains(6391))
                .getSpec()
                .getPorts())
        .extracting(ServicePort::getPort)
        .containsExactly(6390, 6391, 9000);
    cluster.awaited(
        NetworkPolicy.class,
        NAME,
        policy ->
            policy.getSpec().getIngress().get(0).getPorts().stream()
                .map(port -> port.getPort().getIntVal())
                .toList()
                .equals(List.of(6390, 6391)));
    assertThat(cluster.deployment().getSpec()).isEqualTo(before.getSpec());
    assertThat(events()).contains("ListenersChanged").doesNotContain("PodsReplaced");
  }

  private static List<Integer> ports(Service service) {
    return service.getSpec().getPorts().stream().map(ServicePort::getPort).toList();
  }

  @Test
  void whatPodsNeedToBeStartedWithReplacesThem() {
    cluster.apply(LISTENER);
    cluster.awaited(Deployment.class, NAME);

    cluster.apply(
        LISTENER
            + """
            replicas: 5
            image: registry.example.com/redis-proxy:2
            imagePullSecrets: [ pull ]
            resources: { requests: { cpu: 250m }, limits: { memory: 1Gi } }
            settings: { zone: eu-1, drain.timeout: 1m, slow-log.threshold: 5ms }
            """);
    Deployment changed =
        cluster.awaited(Deployment.class, NAME, found -> found.getSpec().getReplicas() == 5);
    assertThat(container().getImage()).isEqualTo("registry.example.com/redis-proxy:2");
    assertThat(container().getResources().getLimits())
        .containsOnly(Map.entry("memory", new Quantity("1Gi")));
    assertThat(variables())
        .containsEntry("REDIS_PROXY_ZONE", "eu-1")
        .containsEntry("REDIS_PROXY_SLOW_LOG_THRESHOLD", "5ms");
    assertThat(changed.getSpec().getTemplate().getSpec())
        .satisfies(
            pod -> {
              assertThat(pod.getTerminationGracePeriodSeconds()).isEqualTo(5 + 60 + 5);
              assertThat(pod.getImagePullSecrets().get(0).getName()).isEqualTo("pull");
            });
    await().untilAsserted(() -> assertThat(events()).contains("PodsReplaced"));

    cluster.apply(LISTENER);
    cluster.awaited(Deployment.class, NAME, found -> found.getSpec().getReplicas() == 2);
    assertThat(variables()).doesNotContainKey("REDIS_PROXY_ZONE");
    assertThat(container().getResources().getLimits()).containsKey("cpu");
  }

  @Test
  void passwordsComeFromSecretsThatAreMounted() throws Exception {
    cluster.apply(
        """
        listeners:
          - listen: 6380
            master:
              host: redis-0
              port: 6379
              passwordSecret: { name: other, key: pass }
            username: app
            passwordSecret: { name: redis, key: password }
            auth: { passwordSecret: { name: redis, key: of-clients } }
        """);
    Deployment deployment = cluster.awaited(Deployment.class, NAME);
    JsonNode listener = new ObjectMapper().readTree(listeners()).get(0);
    assertThat(listener.path("passwordFile").asText())
        .isEqualTo("/etc/redis-proxy-secrets/redis/password");
    assertThat(listener.at("/master/passwordFile").asText())
        .isEqualTo("/etc/redis-proxy-secrets/other/pass");
    assertThat(listener.findValues("passwordSecret")).isEmpty();
    assertThat(mountedSecrets(deployment))
        .containsExactly("other other/pass", "redis redis/of-clients", "redis redis/password");
    assertThat(container().getVolumeMounts())
        .anySatisfy(
            mount -> assertThat(mount.getMountPath()).isEqualTo("/etc/redis-proxy-secrets"));
  }

  @Test
  void certificatesComeFromSecretsThatAreMounted() throws Exception {
    cluster.apply(
        """
        listeners:
          - listen: 6380
            master: { host: redis-0, port: 6379 }
            tls:
              certificateSecret: of-proxy
              caSecret: { name: of-clients, key: ca.crt }
              clientAuth: optional
            nodeTls:
              caSecret: { name: of-redis, key: ca.crt }
              certificateSecret: for-redis
              serverName: redis
              minProtocol: TLSv1.3
        """);
    Deployment deployment = cluster.awaited(Deployment.class, NAME);
    assertThat(new ObjectMapper().readTree(listeners()).get(0).path("tls"))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    { "clientAuth": "optional",
                      "caFile": "/etc/redis-proxy-secrets/of-clients/ca.crt",
                      "certificateFile": "/etc/redis-proxy-secrets/of-proxy/tls.crt",
                      "keyFile": "/etc/redis-proxy-secrets/of-proxy/tls.key" }
                    """));
    assertThat(new ObjectMapper().readTree(listeners()).get(0).path("nodeTls"))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    { "serverName": "redis", "minProtocol": "TLSv1.3",
                      "caFile": "/etc/redis-proxy-secrets/of-redis/ca.crt",
                      "certificateFile": "/etc/redis-proxy-secrets/for-redis/tls.crt",
                      "keyFile": "/etc/redis-proxy-secrets/for-redis/tls.key" }
                    """));
    assertThat(mountedSecrets(deployment))
        .containsExactly(
            "for-redis for-redis/tls.crt",
            "for-redis for-redis/tls.key",
            "of-clients of-clients/ca.crt",
            "of-proxy of-proxy/tls.crt",
            "of-proxy of-proxy/tls.key",
            "of-redis of-redis/ca.crt");
  }

  /** The names of Secrets, with the paths that their keys have in a pod. */
  private static Stream<String> mountedSecrets(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getVolumes().stream()
        .filter(volume -> volume.getName().equals("secrets"))
        .flatMap(volume -> volume.getProjected().getSources().stream())
        .flatMap(
            source ->
                source.getSecret().getItems().stream()
                    .map(item -> source.getSecret().getName() + " " + item.getPath()));
  }

  @Test
  void autoscalingKeepsTheNumberOfPodsThatIsThere() {
    cluster.apply(LISTENER + "replicas: 4\n");
    cluster.awaited(Deployment.class, NAME, found -> found.getSpec().getReplicas() == 4);

    cluster.apply(LISTENER + "autoscaling: { maxReplicas: 9, targetCpuPercent: 55 }\n");
    HorizontalPodAutoscaler autoscaler = cluster.awaited(HorizontalPodAutoscaler.class, NAME);
    assertThat(autoscaler.getSpec().getMinReplicas()).isEqualTo(2);
    assertThat(autoscaler.getSpec().getMaxReplicas()).isEqualTo(9);
    assertThat(autoscaler.getSpec().getScaleTargetRef().getName()).isEqualTo(NAME);
    assertThat(
            autoscaler
                .getSpec()
                .getMetrics()
                .get(0)
                .getResource()
                .getTarget()
                .getAverageUtilization())
        .isEqualTo(55);
    assertThat(cluster.deployment().getSpec().getReplicas()).isEqualTo(4);
    cluster
        .client()
        .apps()
        .deployments()
        .inNamespace(NAMESPACE)
        .withName(NAME)
        .edit(
            deployment -> {
              deployment.getSpec().setReplicas(7);
              return deployment;
            });
    cluster.haveReady(7);
    cluster.awaited("RolledOut", "PodsReady");
    assertThat(cluster.proxy().getStatus().replicas()).isEqualTo(7);

    cluster.apply(LISTENER + "replicas: 3\n");
    await().until(() -> cluster.get(HorizontalPodAutoscaler.class, NAME) == null);
    cluster.awaited(Deployment.class, NAME, found -> found.getSpec().getReplicas() == 3);
  }

  @Test
  void rightsAreGivenWhileAListenerLooksForPods() throws Exception {
    cluster.apply(
        """
        listeners:
          - listen: 6380
            kubernetes: { selector: app=redis }
        """);
    check(cluster.awaited(Role.class, NAME));
    RoleBinding binding = cluster.awaited(RoleBinding.class, NAME);
    check(binding);
    assertThat(binding.getSubjects().get(0).getName()).isEqualTo(NAME);
    assertThat(
            cluster
                .awaited(Deployment.class, NAME)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getAutomountServiceAccountToken())
        .isTrue();

    cluster.apply(LISTENER);
    await().until(() -> cluster.get(Role.class, NAME) == null);
    await().until(() -> cluster.get(RoleBinding.class, NAME) == null);
  }

  @Test
  void whatSomebodyDeletesOrChangesIsMended() {
    cluster.apply(LISTENER);
    cluster.awaited("Applied", "InPlace");
    for (Class<? extends HasMetadata> kind : ALWAYS) {
      HasMetadata before = cluster.awaited(kind, NAME);
      cluster.client().resource(before).delete();
      cluster.awaited(
          HasMetadata.class.cast(before).getClass(),
          NAME,
          found -> !found.getMetadata().getUid().equals(before.getMetadata().getUid()));
    }
    cluster
        .client()
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName(NAME + "-listeners")
        .edit(
            found -> {
              found.setData(Map.of("listeners.json", "[]"));
              return found;
            });
    await().until(() -> listeners().contains("redis-0"));
    cluster
        .client()
        .services()
        .inNamespace(NAMESPACE)
        .withName(NAME)
        .edit(
            found -> {
              found.getMetadata().setLabels(Map.of());
              return found;
            });
    cluster.awaited(
        Service.class, NAME, found -> found.getMetadata().getLabels().containsKey(Names.INSTANCE));
    assertThat(cluster.condition("Applied").getReason()).isEqualTo("InPlace");
  }

  @Test
  void aSpecThatAProxyWouldRefuseChangesNothing() {
    cluster.apply(LISTENER);
    cluster.awaited("Accepted", "Valid");
    Deployment before = cluster.awaited(Deployment.class, NAME);
    String listeners = listeners();

    cluster.apply(
        """
        replicas: 7
        settings: { node.reconnect-min: 3s }
        listeners:
          - listen: 6380
            master: { host: redis-0, port: 6379 }
            slave: [ { host: redis-0, port: 6379 } ]
        """);
    assertThat(cluster.awaited("Accepted", "Invalid").getMessage())
        .contains("listeners[0].slave[0]")
        .contains("remove one of them");
    assertThat(cluster.condition("Ready").getReason()).isEqualTo("Invalid");
    assertThat(cluster.proxy().getStatus().observedGeneration())
        .isEqualTo(cluster.proxy().getMetadata().getGeneration());
    cluster.apply(LISTENER + "replicas: 7\nsettings: { node.reconnect-min: 3s, mode: proxy }\n");
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.condition("Accepted").getMessage())
                    .contains("settings.mode: it is not for you to set here"));
    cluster.apply(LISTENER + "replicas: 7\nsettings: { node.reconnect-min: 3s }\n");
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.condition("Accepted").getMessage())
                    .contains("redis-proxy.node.reconnect-min: 3s is more than"));
    assertThat(cluster.deployment().getSpec()).isEqualTo(before.getSpec());
    assertThat(listeners()).isEqualTo(listeners);
    assertThat(events()).contains("Invalid");

    cluster.apply(LISTENER + "replicas: 7\n");
    cluster.awaited("Accepted", "Valid");
    cluster.awaited(Deployment.class, NAME, found -> found.getSpec().getReplicas() == 7);
  }

  /** As by {@code kubectl replace --force}, while the operator is at the one before. */
  @Test
  void anotherOneUnderTheNameIsNotTakenForTheOneBefore() {
    cluster.server().replaceBeforeStatus(Cluster.resource(LISTENER));
    cluster.apply(LISTENER + "settings: { mode: proxy }\n");
    cluster.awaited(Deployment.class, NAME);
    cluster.awaited("Accepted", "Valid");
  }

  @Test
  void aBrokenPodIsToldAndForgottenWhenItIsMended() {
    cluster.apply(LISTENER);
    cluster.haveReady(1);
    cluster.put("cache-1", Optional.empty(), "CrashLoopBackOff");
    await()
        .untilAsserted(
            () ->
                assertThat(cluster.condition("RolledOut").getMessage())
                    .isEqualTo("1 of 2 pods are ready; cache-1: CrashLoopBackOff"));
    assertThat(cluster.condition("Available").getStatus()).isEqualTo("True");
    assertThat(cluster.condition("Ready").getStatus()).isEqualTo("False");

    cluster.haveReady(0);
    cluster.awaited("Available", "NoPodReady");
    cluster.put("cache-1", Optional.empty(), "");
    cluster.haveReady(2);
    assertThat(cluster.awaited("RolledOut", "PodsReady").getStatus()).isEqualTo("True");
    assertThat(cluster.proxy().getStatus().readyReplicas()).isEqualTo(2);
  }

  @Test
  void theTopologyIsThatOfTheProxies() throws Exception {
    cluster.apply(LISTENER);
    cluster.haveReady(2);
    try (FakeProxy one = new FakeProxy(OperatorTest::token);
        FakeProxy other = new FakeProxy(OperatorTest::token)) {
      putPodsThatAgree(one, other);
      await().until(() -> Integer.valueOf(2).equals(cluster.proxy().getStatus().reportingPods()));
      cluster.awaited("Ready", "AsItShouldBe");
      var status = cluster.proxy().getStatus();
      assertThat(status.endpoints()).containsExactly("cache.redis.svc:6380");
      assertThat(status.reportingPods()).isEqualTo(2);
      assertThat(status.listeners())
          .singleElement()
          .satisfies(
              listener -> {
                assertThat(listener.master()).isEqualTo("redis-0:6379");
                assertThat(listener.nodes())
                    .extracting(node -> node.address() + " " + node.role() + " " + node.upAt())
                    .containsExactly("redis-0:6379 master 2", "redis-1:6379 replica 2");
              });

      other.sees(6380, "redis-1:6379", "redis-0:6379");
      assertThat(cluster.awaited("MastersKnown", "NotAgreed").getMessage())
          .isEqualTo(
              "listener 6380: the proxies take redis-0:6379 and redis-1:6379 for the master");
      one.sees(6380, "redis-1:6379", "redis-0:6379");
      cluster.awaited("MastersKnown", "Agreed");
      assertThat(cluster.proxy().getStatus().listeners().get(0).master()).isEqualTo("redis-1:6379");

      one.refusesConfiguration("listeners[0].passwordFile: not found");
      assertThat(cluster.awaited("Loaded", "Refused").getMessage())
          .isEqualTo("cache-1: listeners[0].passwordFile: not found");
    }
    await()
        .untilAsserted(
            () -> {
              assertThat(cluster.condition("MastersKnown").getReason()).isEqualTo("NoReports");
              assertThat(cluster.proxy().getStatus().reportingPods()).isZero();
            });
  }

  @Test
  void aProxyThatHangsInTheMiddleOfItsAnswerHoldsUpNoOther() throws Exception {
    cluster.apply(LISTENER);
    cluster.haveReady(2);
    try (FakeProxy one = new FakeProxy(OperatorTest::token);
        FakeProxy other = new FakeProxy(OperatorTest::token)) {
      other.hang();
      putPodsThatAgree(one, other);
      await().untilAsserted(() -> assertThat(seenMaster()).isEqualTo("redis-0:6379"));
      one.sees(6380, "redis-1:6379", "redis-0:6379");
      await().untilAsserted(() -> assertThat(seenMaster()).isEqualTo("redis-1:6379"));
      assertThat(cluster.proxy().getStatus().reportingPods()).isEqualTo(1);
    }
  }

  private static void putPodsThatAgree(FakeProxy one, FakeProxy other) {
    one.sees(6380, "redis-0:6379", "redis-1:6379");
    other.sees(6380, "redis-0:6379", "redis-1:6379");
    cluster.put("cache-1", Optional.of(one.port()), "");
    cluster.put("cache-2", Optional.of(other.port()), "");
  }

  private static String seenMaster() {
    return cluster.proxy().getStatus().listeners().stream()
        .map(listener -> listener.master())
        .collect(Collectors.joining());
  }

  @Test
  void theUsersOwnTokenIsUsed() {
    cluster
        .client()
        .load(
            new java.io.ByteArrayInputStream(
                """
                apiVersion: v1
                kind: Secret
                metadata: { name: redis-proxy-admin, namespace: redis, labels: { of: user } }
                data: { token: b3du }
                """
                    .getBytes(StandardCharsets.UTF_8)))
        .create();
    cluster.apply(LISTENER);
    cluster.awaited("Applied", "InPlace");
    assertThat(token()).isEqualTo("own");
    assertThat(cluster.get(Secret.class, Names.ADMIN_SECRET).getMetadata().getOwnerReferences())
        .isEmpty();
  }

  @Test
  void whatSomebodyElseHasMadeIsLeftAlone() {
    Service foreign =
        new ServiceBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withNamespace(NAMESPACE)
            .endMetadata()
            .withNewSpec()
            .addToSelector("app", "other")
            .endSpec()
            .build();
    cluster.client().resource(foreign).create();
    cluster.apply(LISTENER);
    assertThat(cluster.awaited("Applied", "Conflict").getMessage())
        .contains("there is a Service cache that this RedisProxy has not made");
    assertThat(cluster.condition("Ready").getReason()).isEqualTo("Conflict");
    assertThat(cluster.get(Service.class, NAME).getSpec().getSelector())
        .containsOnly(Map.entry("app", "other"));
    cluster.awaited(Deployment.class, NAME);

    cluster.client().resource(foreign).delete();
    cluster.awaited("Applied", "InPlace");
    assertThat(cluster.get(Service.class, NAME).getMetadata().getOwnerReferences()).isNotEmpty();
  }

  @Test
  void rightsThatAreMissingAreTold() {
    cluster.server().refuse(write -> write.startsWith("PATCH") && write.contains("/deployments/"));
    cluster.apply(LISTENER);
    assertThat(cluster.awaited("Applied", "Forbidden").getMessage())
        .contains("Deployment: the operator lacks a right")
        .contains("nobody may PATCH");
    assertThat(events()).contains("Forbidden");

    cluster.server().refuse(write -> false);
    cluster.awaited("Applied", "InPlace");
    cluster.awaited(Deployment.class, NAME);
  }

  @Test
  void everythingGoesWithTheResource() {
    cluster.apply(LISTENER);
    cluster.awaited("Applied", "InPlace");
    assertThat(cluster.proxy().getMetadata().getFinalizers()).isEmpty();

    cluster.delete();
    for (Class<? extends HasMetadata> kind : ALWAYS) {
      await().until(() -> cluster.get(kind, NAME) == null);
    }
    await().until(() -> cluster.get(ConfigMap.class, NAME + "-listeners") == null);
    await().until(() -> cluster.get(Secret.class, Names.ADMIN_SECRET) == null);
  }

  private static String listeners() {
    return cluster.awaited(ConfigMap.class, NAME + "-listeners").getData().get("listeners.json");
  }

  private static String token() {
    String encoded = cluster.get(Secret.class, Names.ADMIN_SECRET).getData().get("token");
    return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
  }

  private static Container container() {
    return cluster.deployment().getSpec().getTemplate().getSpec().getContainers().get(0);
  }

  private static Map<String, String> variables() {
    return container().getEnv().stream()
        .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
  }

  /** The reasons of those about the RedisProxy that is there. */
  private static List<String> events() {
    String uid = cluster.proxy().getMetadata().getUid();
    return cluster.client().resources(Event.class).inNamespace(NAMESPACE).list().getItems().stream()
        .filter(event -> event.getRegarding().getUid().equals(uid))
        .map(Event::getReason)
        .toList();
  }
}
