package io.redisproxy.operator;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceUtils;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;
import io.javaoperatorsdk.operator.processing.dependent.workflow.Workflow;
import io.javaoperatorsdk.operator.processing.dependent.workflow.WorkflowBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.redisproxy.config.ConfigException;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import io.redisproxy.operator.v1alpha1.RedisProxyStatus;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Makes the cluster have what a RedisProxy says, again and again, and writes into its status how
 * far that is.
 */
@ControllerConfiguration(name = "redisproxy", fieldManager = Names.OPERATOR)
final class RedisProxyReconciler implements Reconciler<RedisProxy> {
  private static final Duration SOON = Duration.ofMillis(1);

  private final Optional<String> image;
  private final Duration interval;
  private final AdminToken token;
  private final ZonesBinding zones;
  private final Events events;
  private final KnownKinds monitors;
  private final Supplier<List<String>> unseenKinds;
  private Workflow<RedisProxy> workflow;

  /**
   * Works with that API server.
   *
   * @param image where a RedisProxy names none
   * @param interval from one question to the proxies to the next
   * @param zones written for those that want it
   * @param unseenKinds what can't be watched
   */
  RedisProxyReconciler(
      KubernetesClient client,
      Events events,
      Optional<String> image,
      Duration interval,
      ZonesBinding zones,
      Supplier<List<String>> unseenKinds) {
    this.image = image;
    this.interval = interval;
    this.events = events;
    this.zones = zones;
    this.unseenKinds = unseenKinds;
    token = new AdminToken(client);
    monitors = new KnownKinds(client, GroupVersionKind.gvkFor(ServiceMonitor.class));
  }

  @Override
  public List<EventSource<?, RedisProxy>> prepareEventSources(
      EventSourceContext<RedisProxy> context) {
    workflow = workflow();
    InformerEventSource<Pod, RedisProxy> pods =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(Pod.class, RedisProxy.class)
                .withLabelSelector(Names.MANAGED)
                .withSecondaryToPrimaryMapper(RedisProxyReconciler::ownerOf)
                .build(),
            context);
    ReportPolls reports =
        new ReportPolls(context, new ProxyPoll(pods::getSecondaryResources, token), interval);
    List<EventSource<?, RedisProxy>> sources =
        new ArrayList<>(EventSourceUtils.eventSourcesFromWorkflow(context, workflow));
    sources.add(pods);
    sources.add(reports);
    sources.add(zones.watch(context.getPrimaryCache()::list));
    return sources;
  }

  private static Set<ResourceID> ownerOf(Pod pod) {
    String instance = pod.getMetadata().getLabels().get(Names.INSTANCE);
    return instance == null
        ? Set.of()
        : Set.of(new ResourceID(instance, pod.getMetadata().getNamespace()));
  }

  // The builder has conditions without types.
  @SuppressWarnings("unchecked")
  private Workflow<RedisProxy> workflow() {
    Child<ServiceAccount> account = child(ServiceAccount.class, Children::serviceAccount);
    Child<ConfigMap> listeners =
        child(ConfigMap.class, Names::listeners, (plan, context) -> Children.configMap(plan));
    return new WorkflowBuilder<RedisProxy>()
        .addDependentResource(account)
        .addDependentResource(listeners)
        .addDependentResource(child(Service.class, Children::service))
        .addDependentResource(child(PodDisruptionBudget.class, Children::disruptionBudget))
        .addDependentResource(child(NetworkPolicy.class, Children::networkPolicy))
        .addDependentResourceAndConfigure(child(Role.class, Children::role))
        .withReconcilePrecondition((r, proxy, context) -> asksKubernetes(context))
        .addDependentResourceAndConfigure(child(RoleBinding.class, Children::roleBinding))
        .withReconcilePrecondition((r, proxy, context) -> asksKubernetes(context))
        .addDependentResourceAndConfigure(
            child(
                Deployment.class,
                proxy -> proxy.getMetadata().getName(),
                (plan, context) ->
                    Children.deployment(plan, context.getSecondaryResource(Deployment.class))))
        .dependsOn(account, listeners)
        .addDependentResourceAndConfigure(
            child(HorizontalPodAutoscaler.class, Children::autoscaler))
        .withReconcilePrecondition((r, proxy, context) -> scalesItself(context))
        .addDependentResourceAndConfigure(child(ServiceMonitor.class, Children::serviceMonitor))
        .withActivationCondition((r, proxy, context) -> monitors.isKnown())
        .withThrowExceptionFurther(false)
        .build();
  }

  private static boolean scalesItself(Context<RedisProxy> context) {
    return Plan.of(context).proxy().getSpec().autoscaling() != null;
  }

  private static boolean asksKubernetes(Context<RedisProxy> context) {
    return Plan.of(context).file().asksKubernetes();
  }

  private <R extends HasMetadata> Child<R> child(Class<R> type, Function<Plan, R> wanted) {
    return child(
        type, proxy -> proxy.getMetadata().getName(), (plan, context) -> wanted.apply(plan));
  }

  private <R extends HasMetadata> Child<R> child(
      Class<R> type,
      Function<RedisProxy, String> name,
      BiFunction<Plan, Context<RedisProxy>, R> wanted) {
    return new Child<>(type, name, wanted, this::onApplied);
  }

  @Override
  public UpdateControl<RedisProxy> reconcile(RedisProxy proxy, Context<RedisProxy> context) {
    Optional<ConfigException> mistakes = Optional.empty();
    Optional<ApplyException> failure = Optional.empty();
    try {
      Plan.of(proxy, image).putInto(context);
      apply(proxy, context);
    } catch (ConfigException e) {
      mistakes = Optional.of(e);
    } catch (ApplyException e) {
      failure = Optional.of(e);
    }
    List<String> unseen = unseenKinds.get();
    StatusWriter writer =
        new StatusWriter(
            proxy,
            new StatusWriter.Facts(
                mistakes,
                failure,
                unseen,
                context.getSecondaryResource(Deployment.class),
                context.getSecondaryResources(Pod.class),
                context.getSecondaryResources(PodReport.class)));
    RedisProxyStatus status = writer.write();
    writer.conditions().news().forEach(condition -> tell(proxy, condition));
    boolean isOutdated =
        !status.equals(proxy.getStatus()) && isChangedWhile(proxy, status, context);
    if (isOutdated) {
      return UpdateControl.<RedisProxy>noUpdate().rescheduleAfter(SOON);
    }
    // What is in the way goes without telling.
    return failure.isPresent() || !unseen.isEmpty()
        ? UpdateControl.<RedisProxy>noUpdate().rescheduleAfter(interval)
        : UpdateControl.noUpdate();
  }

  /**
   * Writes the status. The framework takes what comes back for its own change and nobody else's, so
   * it would not tell of a spec that was changed in this moment, or of another RedisProxy under the
   * name, which has got the status then.
   *
   * @return whether it was
   */
  private static boolean isChangedWhile(
      RedisProxy proxy, RedisProxyStatus status, Context<RedisProxy> context) {
    try {
      RedisProxy written =
          context.resourceOperations().serverSideApplyPrimaryStatus(withStatus(proxy, status));
      return !Objects.equals(written.getMetadata().getUid(), proxy.getMetadata().getUid())
          || !Objects.equals(
              written.getMetadata().getGeneration(), proxy.getMetadata().getGeneration());
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
      // It was deleted in this moment.
      return false;
    }
  }

  private void apply(RedisProxy proxy, Context<RedisProxy> context) {
    try {
      token.ensure(proxy);
    } catch (KubernetesClientException e) {
      throw ApplyException.of("Secret " + Names.ADMIN_SECRET, e);
    }
    // Before there are pods; without it they go on, so all else is graver.
    Optional<ApplyException> unbound = Plan.seesNodes(proxy) ? zones.write() : Optional.empty();
    workflow.reconcile(proxy, context).getErroredDependents().entrySet().stream()
        .map(error -> ApplyException.of(error.getKey().toString(), error.getValue()))
        .min((a, b) -> a.getMessage().compareTo(b.getMessage()))
        .or(() -> unbound)
        .ifPresent(
            first -> {
              throw first;
            });
  }

  /** Nothing else, as what is applied is owned. */
  private static RedisProxy withStatus(RedisProxy proxy, RedisProxyStatus status) {
    RedisProxy patch = new RedisProxy();
    patch.setMetadata(
        new ObjectMetaBuilder()
            .withName(proxy.getMetadata().getName())
            .withNamespace(proxy.getMetadata().getNamespace())
            .build());
    patch.setStatus(status);
    return patch;
  }

  private void onApplied(RedisProxy proxy, HasMetadata before, HasMetadata after) {
    String name = after.getKind() + " " + after.getMetadata().getName();
    if (before == null) {
      events.normal(proxy, "Create", "Created", name);
    } else if (before instanceof Deployment old && after instanceof Deployment changed) {
      boolean rolls = !Objects.equals(old.getSpec().getTemplate(), changed.getSpec().getTemplate());
      events.normal(
          proxy, "Update", rolls ? "PodsReplaced" : "Updated", name + (rolls ? ", pods" : ""));
    } else {
      boolean reloads = before instanceof ConfigMap;
      events.normal(
          proxy,
          "Update",
          reloads ? "ListenersChanged" : "Updated",
          name + (reloads ? ", which the pods read again when the kubelet brings it" : ""));
    }
  }

  private void tell(RedisProxy proxy, Condition condition) {
    boolean isReady = condition.getType().equals("Ready");
    if (isReady && condition.getStatus().equals(Conditions.TRUE)) {
      events.normal(proxy, "Reconcile", "Ready", "all is as it should be");
    } else if (!isReady && condition.getStatus().equals(Conditions.FALSE)) {
      events.warning(
          proxy,
          "Reconcile",
          condition.getReason(),
          condition.getType() + ": " + condition.getMessage());
    }
  }
}
