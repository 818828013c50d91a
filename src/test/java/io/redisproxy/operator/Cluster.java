package io.redisproxy.operator;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** What users, and the controllers of Kubernetes, do at an API server or the stand-in for one. */
final class Cluster implements AutoCloseable {
  static final String NAMESPACE = "redis";
  static final String NAME = "cache";

  /** A listener of two servers. */
  static final String LISTENER =
      """
      listeners:
        - listen: 6380
          master: { host: redis-0, port: 6379 }
          slave: [ { host: redis-1, port: 6379 } ]
      """;

  private final ApiServer standIn;
  private final KubernetesClient client;
  private final Supplier<KubernetesClient> operatorClients;

  /** With the stand-in. */
  Cluster() throws IOException {
    standIn = new ApiServer();
    client = standIn.client();
    operatorClients = standIn::operatorClient;
  }

  /** With a real API server, which somebody else ends. */
  Cluster(RealApiServer server) {
    standIn = null;
    client = server.client();
    operatorClients = server::operatorClient;
  }

  /** The stand-in, which can do what a real one can't. */
  ApiServer server() {
    return standIn;
  }

  KubernetesClient client() {
    return client;
  }

  /** An operator, not started, that has and gives back its lease quickly. */
  ProxyOperator operator(String identity, Runnable onLeaseLost) {
    return new ProxyOperator(
        operatorClients.get(),
        new ProxyOperator.Options(
            Set.of(),
            Optional.of("redis-proxy:test"),
            Duration.ofMillis(200),
            identity,
            Duration.ofMillis(250),
            Duration.ofSeconds(5)),
        onLeaseLost);
  }

  /** As {@code kubectl apply}, of a RedisProxy with that spec. */
  RedisProxy apply(String spec) {
    return client.resource(resource(spec)).fieldManager("user").forceConflicts().serverSideApply();
  }

  /** One with that spec. */
  static RedisProxy resource(String spec) {
    String yaml =
        """
        apiVersion: redisproxy.io/v1alpha1
        kind: RedisProxy
        metadata: { name: %s, namespace: %s }
        spec:
        """
                .formatted(NAME, NAMESPACE)
            + spec.indent(2);
    return Serialization.unmarshal(yaml, RedisProxy.class);
  }

  RedisProxy proxy() {
    return client.resources(RedisProxy.class).inNamespace(NAMESPACE).withName(NAME).get();
  }

  void delete() {
    client.resources(RedisProxy.class).inNamespace(NAMESPACE).withName(NAME).delete();
  }

  /** An object of that kind and name; null if there is none. */
  <T extends HasMetadata> T get(Class<T> kind, String name) {
    return client.resources(kind).inNamespace(NAMESPACE).withName(name).get();
  }

  Deployment deployment() {
    return get(Deployment.class, NAME);
  }

  <T extends HasMetadata> T awaited(Class<T> kind, String name) {
    return await().until(() -> get(kind, name), found -> found != null);
  }

  <T extends HasMetadata> T awaited(Class<T> kind, String name, Predicate<T> wanted) {
    return await().until(() -> get(kind, name), found -> found != null && wanted.test(found));
  }

  /** Without a type, a reason and all else while there is none of that type. */
  Condition condition(String type) {
    return Optional.ofNullable(proxy().getStatus()).stream()
        .flatMap(status -> status.conditions().stream())
        .filter(condition -> condition.getType().equals(type))
        .findAny()
        .orElseGet(Condition::new);
  }

  /** Waits until it is so for the spec that is there now. */
  Condition awaited(String type, String reason) {
    return await()
        .until(
            () -> condition(type),
            condition ->
                reason.equals(condition.getReason())
                    && condition
                        .getObservedGeneration()
                        .equals(proxy().getMetadata().getGeneration()));
  }

  /** As the Deployment's controller, with so many pods that are ready. */
  void haveReady(int pods) {
    awaited(Deployment.class, NAME);
    client
        .apps()
        .deployments()
        .inNamespace(NAMESPACE)
        .withName(NAME)
        .editStatus(
            deployment -> {
              deployment.setStatus(
                  new DeploymentStatusBuilder()
                      .withObservedGeneration(deployment.getMetadata().getGeneration())
                      .withReplicas(deployment.getSpec().getReplicas())
                      .withUpdatedReplicas(deployment.getSpec().getReplicas())
                      .withReadyReplicas(pods == 0 ? null : pods)
                      .build());
              return deployment;
            });
  }

  /** A pod of the Deployment; one that is at an address is ready. */
  void put(String name, Optional<Integer> portOfManagement, String waitsFor) {
    Deployment deployment = awaited(Deployment.class, NAME);
    PodBuilder pod =
        new PodBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(NAMESPACE)
            .withLabels(deployment.getSpec().getTemplate().getMetadata().getLabels())
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName("redis-proxy")
            .addNewPort()
            .withName("http")
            .withContainerPort(portOfManagement.orElse(9000))
            .endPort()
            .endContainer()
            .endSpec()
            .withNewStatus()
            .withPhase("Running")
            .withPodIP(portOfManagement.isPresent() ? "127.0.0.1" : null)
            .addNewCondition()
            .withType("Ready")
            .withStatus(portOfManagement.isPresent() ? "True" : "False")
            .endCondition()
            .endStatus();
    if (!waitsFor.isEmpty()) {
      pod.editStatus()
          .addNewContainerStatus()
          .withName("redis-proxy")
          .withNewState()
          .withNewWaiting()
          .withReason(waitsFor)
          .endWaiting()
          .endState()
          .endContainerStatus()
          .endStatus();
    }
    Pod built = pod.build();
    if (client.resource(built).get() == null) {
      client.resource(built).create();
    } else {
      client.resource(built).update();
    }
  }

  @Override
  public void close() {
    client.close();
    if (standIn != null) {
      standIn.close();
    }
  }
}
