package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.redisproxy.config.ConfigException;
import io.redisproxy.operator.v1alpha1.ListenerSpec;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import io.redisproxy.operator.v1alpha1.RedisProxyStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is to be said of a RedisProxy. */
final class StatusWriter {
  /**
   * What is known of it.
   *
   * @param unseen the kinds of objects that can't be watched
   */
  record Facts(
      Optional<ConfigException> mistakes,
      Optional<ApplyException> failure,
      List<String> unseen,
      Optional<Deployment> deployment,
      Collection<Pod> pods,
      Collection<PodReport> reports) {}

  /** Whether a state is as it should be, why not in a word, and more about it. */
  private record Finding(String type, String status, String reason, String message) {
    static Finding good(String type, String reason) {
      return new Finding(type, Conditions.TRUE, reason, "");
    }
  }

  private final RedisProxy proxy;
  private final Facts facts;
  private final Conditions conditions;

  StatusWriter(RedisProxy proxy, Facts facts) {
    this.proxy = proxy;
    this.facts = facts;
    conditions =
        new Conditions(
            Optional.ofNullable(proxy.getStatus())
                .map(RedisProxyStatus::conditions)
                .orElse(List.of()),
            proxy.getMetadata().getGeneration());
  }

  Conditions conditions() {
    return conditions;
  }

  RedisProxyStatus write() {
    List<PodReport> answers = facts.reports().stream().filter(PodReport::hasAnswered).toList();
    List<Integer> ports = proxy.getSpec().listeners().stream().map(ListenerSpec::listen).toList();
    SeenTopology topology = SeenTopology.of(ports, answers);
    List<Finding> findings =
        List.of(accepted(), applied(), rolledOut(), loaded(answers), masters(answers, topology));
    Finding available = available();
    Finding ready =
        findings.stream()
            .filter(finding -> !finding.status().equals(Conditions.TRUE))
            .findFirst()
            .map(worst -> new Finding("Ready", Conditions.FALSE, worst.reason(), worst.message()))
            .orElse(Finding.good("Ready", "AsItShouldBe"));
    Stream.concat(Stream.of(ready, available), findings.stream())
        .forEach(f -> conditions.add(f.type(), f.status(), f.reason(), f.message()));
    return new RedisProxyStatus(
        proxy.getMetadata().getGeneration(),
        wantedPods(),
        readyPods(),
        Names.selectorText(proxy),
        ports.stream().map(this::endpoint).toList(),
        answers.size(),
        topology.listeners(),
        conditions.all());
  }

  private String endpoint(int port) {
    return proxy.getMetadata().getName()
        + "."
        + proxy.getMetadata().getNamespace()
        + ".svc:"
        + port;
  }

  private Finding accepted() {
    return facts
        .mistakes()
        .map(
            mistakes ->
                new Finding(
                    "Accepted",
                    Conditions.FALSE,
                    "Invalid",
                    "nothing is changed until this is mended: "
                        + String.join("; also: ", mistakes.mistakes())))
        .orElseGet(() -> Finding.good("Accepted", "Valid"));
  }

  private Finding applied() {
    return facts
        .failure()
        .map(
            failure ->
                new Finding("Applied", Conditions.FALSE, failure.reason(), failure.getMessage()))
        .or(
            () ->
                facts
                    .mistakes()
                    .map(
                        mistakes ->
                            new Finding(
                                "Applied",
                                Conditions.FALSE,
                                "Invalid",
                                "the spec is not accepted")))
        .or(this::unseen)
        .orElseGet(() -> Finding.good("Applied", "InPlace"));
  }

  private Optional<Finding> unseen() {
    return facts.unseen().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Finding(
                "Applied",
                Conditions.FALSE,
                "NotWatched",
                "the operator can't see "
                    + String.join(", ", facts.unseen())
                    + ", so what is changed there is not mended: it may lack the right to list"
                    + " and watch them, see k8s/operator/rbac.yaml"));
  }

  private Finding available() {
    return readyPods() > 0
        ? Finding.good("Available", "PodsReady")
        : new Finding("Available", Conditions.FALSE, "NoPodReady", troubles());
  }

  private Finding rolledOut() {
    if (facts.deployment().isEmpty()) {
      return new Finding("RolledOut", Conditions.FALSE, "NoDeployment", "there is no Deployment");
    }
    Deployment deployment = facts.deployment().get();
    DeploymentStatus status = deployment.getStatus();
    boolean seen =
        status != null
            && status.getObservedGeneration() != null
            && status.getObservedGeneration() >= deployment.getMetadata().getGeneration();
    if (seen
        && number(status.getUpdatedReplicas()) == wantedPods()
        && number(status.getReplicas()) == wantedPods()
        && readyPods() == wantedPods()) {
      return Finding.good("RolledOut", "PodsReady");
    }
    return new Finding(
        "RolledOut",
        Conditions.FALSE,
        "PodsNotReady",
        readyPods() + " of " + wantedPods() + " pods are ready" + troubles());
  }

  /** The pods that can't go on, and why. */
  private String troubles() {
    String each =
        facts.pods().stream()
            .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
            .flatMap(StatusWriter::troubles)
            .collect(Collectors.joining(", "));
    return each.isEmpty() ? "" : "; " + each;
  }

  private static Stream<String> troubles(Pod pod) {
    if (pod.getStatus() == null) {
      return Stream.empty();
    }
    List<String> reasons = new ArrayList<>();
    for (ContainerStatus container : pod.getStatus().getContainerStatuses()) {
      if (container.getState() != null && container.getState().getWaiting() != null) {
        reasons.add(container.getState().getWaiting().getReason());
      }
    }
    pod.getStatus().getConditions().stream()
        .filter(condition -> "Unschedulable".equals(condition.getReason()))
        .forEach(condition -> reasons.add(condition.getReason()));
    return reasons.stream().map(reason -> pod.getMetadata().getName() + ": " + reason);
  }

  /** Whether all have taken up the listeners' file; one that can't has kept the one before. */
  private static Finding loaded(List<PodReport> answers) {
    List<String> refusals =
        answers.stream()
            .filter(report -> !report.mistakes().isEmpty())
            .map(report -> report.pod() + ": " + String.join("; also: ", report.mistakes()))
            .sorted()
            .toList();
    return refusals.isEmpty()
        ? Finding.good("Loaded", "NoneRefuses")
        : new Finding("Loaded", Conditions.FALSE, "Refused", String.join(", ", refusals));
  }

  private Finding masters(List<PodReport> answers, SeenTopology topology) {
    String type = "MastersKnown";
    if (answers.isEmpty()) {
      return new Finding(
          type,
          Conditions.UNKNOWN,
          "NoReports",
          facts.reports().stream()
              .map(report -> report.pod() + ": " + report.problem())
              .sorted()
              .collect(Collectors.joining(", ", "no proxy has told what it sees; ", "")));
    }
    return topology.doubts().isEmpty()
        ? Finding.good(type, "Agreed")
        : new Finding(type, Conditions.FALSE, "NotAgreed", String.join(", ", topology.doubts()));
  }

  private int wantedPods() {
    return facts.deployment().map(each -> number(each.getSpec().getReplicas())).orElse(0);
  }

  private int readyPods() {
    return facts
        .deployment()
        .map(Deployment::getStatus)
        .map(status -> number(status.getReadyReplicas()))
        .orElse(0);
  }

  /** Kubernetes leaves out a 0. */
  private static int number(Integer value) {
    return value == null ? 0 : value;
  }
}
