package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.redisproxy.operator.v1alpha1.AutoscalingSpec;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import io.redisproxy.operator.v1alpha1.RedisProxySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The objects that a RedisProxy comes to, as they should be. */
final class Children {
  private Children() {}

  static ServiceAccount serviceAccount(Plan plan) {
    return Template.read("base/serviceaccount", ServiceAccount.class, plan.proxy());
  }

  static Role role(Plan plan) {
    return Template.read("components/discovery/role", Role.class, plan.proxy());
  }

  static RoleBinding roleBinding(Plan plan) {
    RedisProxy proxy = plan.proxy();
    String name = proxy.getMetadata().getName();
    RoleBinding binding =
        Template.read("components/discovery/rolebinding", RoleBinding.class, proxy);
    binding.getRoleRef().setName(name);
    binding.getSubjects().get(0).setName(name);
    binding.getSubjects().get(0).setNamespace(proxy.getMetadata().getNamespace());
    return binding;
  }

  static ConfigMap configMap(Plan plan) {
    return new ConfigMapBuilder()
        .withMetadata(Names.metadata(plan.proxy(), Names.listeners(plan.proxy())))
        .withData(Map.of("listeners.json", plan.file().json()))
        .build();
  }

  /**
   * With the number of pods that are there, if there is somebody else who changes it: to leave the
   * number out would have the API server set it to 1 when autoscaling begins.
   */
  static Deployment deployment(Plan plan, Optional<Deployment> actual) {
    RedisProxy proxy = plan.proxy();
    Deployment deployment = Template.read("base/deployment", Deployment.class, proxy);
    deployment.getSpec().getSelector().setMatchLabels(Names.selector(proxy));
    deployment.getSpec().setReplicas(replicas(proxy.getSpec(), actual));
    PodTemplate.apply(deployment.getSpec().getTemplate(), plan);
    return deployment;
  }

  private static int replicas(RedisProxySpec spec, Optional<Deployment> actual) {
    AutoscalingSpec autoscaling = spec.autoscaling();
    if (autoscaling != null) {
      return actual
          .map(deployment -> deployment.getSpec().getReplicas())
          .orElse(autoscaling.fewest());
    }
    return Optional.ofNullable(spec.replicas()).orElse(RedisProxySpec.DEFAULT_REPLICAS);
  }

  static Service service(Plan plan) {
    Service service = Template.read("base/service", Service.class, plan.proxy());
    service.getSpec().setSelector(Names.selector(plan.proxy()));
    List<ServicePort> ports = new ArrayList<>(service.getSpec().getPorts());
    ports.removeIf(port -> !port.getName().equals(PodTemplate.HTTP));
    // The first one is what a Service is known by.
    ports.addAll(0, plan.file().ports().stream().map(Children::port).toList());
    service.getSpec().setPorts(ports);
    return service;
  }

  private static ServicePort port(int number) {
    return new ServicePortBuilder()
        .withName("redis-" + number)
        .withPort(number)
        .withTargetPort(new IntOrString(number))
        .withProtocol("TCP")
        .build();
  }

  static PodDisruptionBudget disruptionBudget(Plan plan) {
    PodDisruptionBudget budget =
        Template.read("base/poddisruptionbudget", PodDisruptionBudget.class, plan.proxy());
    budget.getSpec().getSelector().setMatchLabels(Names.selector(plan.proxy()));
    return budget;
  }

  static NetworkPolicy networkPolicy(Plan plan) {
    NetworkPolicy policy = Template.read("base/networkpolicy", NetworkPolicy.class, plan.proxy());
    policy.getSpec().getPodSelector().setMatchLabels(Names.selector(plan.proxy()));
    List<NetworkPolicyPort> ports =
        plan.file().ports().stream()
            .map(
                port ->
                    new NetworkPolicyPortBuilder()
                        .withPort(new IntOrString(port))
                        .withProtocol("TCP")
                        .build())
            .collect(Collectors.toList());
    policy.getSpec().getIngress().get(0).setPorts(ports);
    return policy;
  }

  static HorizontalPodAutoscaler autoscaler(Plan plan) {
    RedisProxy proxy = plan.proxy();
    HorizontalPodAutoscaler autoscaler =
        Template.read(
            "components/hpa/horizontalpodautoscaler", HorizontalPodAutoscaler.class, proxy);
    AutoscalingSpec wanted = proxy.getSpec().autoscaling();
    autoscaler.getSpec().getScaleTargetRef().setName(proxy.getMetadata().getName());
    autoscaler.getSpec().setMinReplicas(wanted.fewest());
    autoscaler.getSpec().setMaxReplicas(wanted.maxReplicas());
    if (wanted.targetCpuPercent() != null) {
      autoscaler
          .getSpec()
          .getMetrics()
          .get(0)
          .getResource()
          .getTarget()
          .setAverageUtilization(wanted.targetCpuPercent());
    }
    return autoscaler;
  }

  static ServiceMonitor serviceMonitor(Plan plan) {
    ServiceMonitor monitor =
        Template.read(
            "components/service-monitor/servicemonitor", ServiceMonitor.class, plan.proxy());
    monitor.getSpec().put("selector", Map.of("matchLabels", Names.selector(plan.proxy())));
    return monitor;
  }
}
