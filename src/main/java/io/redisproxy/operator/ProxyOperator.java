package io.redisproxy.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.health.InformerWrappingEventSourceHealthIndicator;
import io.javaoperatorsdk.operator.processing.event.source.controller.ControllerEventSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The operator as a whole. Several may run; the one that has the lease works, the others watch, to
 * go on when it ends.
 */
public final class ProxyOperator implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ProxyOperator.class);

  /**
   * How it works.
   *
   * @param namespaces to look after; all if empty
   * @param image of proxies that name none; empty for that of the operator's own pod
   * @param interval from one question to the proxies to the next
   * @param identity which of several operators this is
   * @param retryPeriod from one attempt to get the lease to the next
   * @param firstLook how long is waited at the start for what is on the cluster
   */
  public record Options(
      Set<String> namespaces,
      Optional<String> image,
      Duration interval,
      String identity,
      Duration retryPeriod,
      Duration firstLook) {
    /** Usual for leader election. */
    public static final Duration RETRY_PERIOD = Duration.ofSeconds(2);

    /** Less than a startup probe waits. */
    public static final Duration FIRST_LOOK = Duration.ofSeconds(20);
  }

  /** How much longer than {@link Options#retryPeriod} a lease holds that is not renewed. */
  private static final int LEASE_PERIODS = 8;

  private static final int RENEW_PERIODS = 5;

  private final KubernetesClient client;
  private final Runnable onLeaseLost;
  private final Operator operator;
  private final ZonesBinding zones;
  private final Duration interval;
  private final ScheduledExecutorService sweeps =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "redis-proxy-zones");
            thread.setDaemon(true);
            return thread;
          });
  private volatile boolean closing;

  /**
   * Works with that API server, in a namespace of which the lease is.
   *
   * @param onLeaseLost the process has to end then, as another one works already
   */
  public ProxyOperator(KubernetesClient client, Options options, Runnable onLeaseLost) {
    this.client = client;
    this.onLeaseLost = onLeaseLost;
    operator =
        new Operator(
            overrider ->
                overrider
                    .withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    // What can't be seen is looked for again and again, and the rest goes on.
                    .withStopOnInformerErrorDuringStartup(false)
                    .withCacheSyncTimeout(options.firstLook())
                    .withReconciliationTerminationTimeout(Duration.ofSeconds(5))
                    .withLeaderElectionConfiguration(
                        LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(
                                Names.OPERATOR)
                            .withIdentity(options.identity())
                            .withRetryPeriod(options.retryPeriod())
                            .withRenewDeadline(options.retryPeriod().multipliedBy(RENEW_PERIODS))
                            .withLeaseDuration(options.retryPeriod().multipliedBy(LEASE_PERIODS))
                            .withLeaderCallbacks(
                                new LeaderCallbacks(
                                    this::onLeading, this::onNotLeading, leader -> {}))
                            .build()));
    interval = options.interval();
    zones = new ZonesBinding(client, options.namespaces(), this::seesAllProxies);
    RedisProxyReconciler reconciler =
        new RedisProxyReconciler(
            client,
            new Events(client, options.identity()),
            options.image().or(() -> OwnPod.image(client)),
            interval,
            zones,
            this::unseenKinds);
    operator.register(
        reconciler,
        configuration -> {
          if (!options.namespaces().isEmpty()) {
            configuration.settingNamespaces(options.namespaces());
          }
        });
  }

  /** Returns when it knows what is on the cluster, or knows that it won't for the time being. */
  public void start() {
    operator.start();
    List<String> unseen = unseenKinds();
    if (!unseen.isEmpty()) {
      LOG.errorf(
          "can't see %s; it is tried again and again, and the rest goes on: does the operator lack"
              + " the right to list and watch them, see k8s/operator/rbac.yaml?",
          String.join(", ", unseen));
    }
  }

  /**
   * The kinds of which it has not been told yet, by a lack of rights or an API server's silence.
   */
  private List<String> unseenKinds() {
    if (!operator.getRuntimeInfo().isStarted()) {
      return List.of();
    }
    return operator
        .getRuntimeInfo()
        .unhealthyInformerWrappingEventSourceHealthIndicator()
        .values()
        .stream()
        .flatMap(sources -> sources.entrySet().stream())
        .filter(source -> !isSeen(source.getValue()))
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  private boolean seesAllProxies() {
    return !closing
        && operator.getRuntimeInfo().isStarted()
        && !unseenKinds().contains(ControllerEventSource.NAME);
  }

  private static boolean isSeen(InformerWrappingEventSourceHealthIndicator<?> source) {
    return source.informerHealthIndicators().values().stream()
        .allMatch(InformerHealthIndicator::hasSynced);
  }

  /** Whether it knows what is on the cluster, be it the one that works or not. */
  public boolean isReady() {
    return operator.getRuntimeInfo().isStarted()
        && operator.getRuntimeInfo().allEventSourcesAreHealthy();
  }

  private void onLeading() {
    LOG.info("has the lease, and works");
    if (!closing) {
      sweeps.scheduleWithFixedDelay(zones::sweep, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void onNotLeading() {
    sweeps.shutdown();
    if (!closing) {
      LOG.error("has lost the lease");
      onLeaseLost.run();
    }
  }

  @Override
  public void close() {
    closing = true;
    sweeps.shutdown();
    operator.stop();
    client.close();
  }
}
