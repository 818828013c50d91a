package io.redisproxy.operator;

import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.source.polling.PerResourcePollingConfigurationBuilder;
import io.javaoperatorsdk.operator.processing.event.source.polling.PerResourcePollingEventSource;
import io.redisproxy.operator.v1alpha1.RedisProxy;
import java.time.Duration;
import java.util.Set;

/**
 * Has the pods of each RedisProxy asked again and again. The SDK stops that for good when one is
 * deleted and another one of its name made at once: it may tell of the end of the former behind the
 * beginning of the latter, and what is left of a poll of the former stands in the way of the next.
 */
final class ReportPolls extends PerResourcePollingEventSource<PodReport, RedisProxy, String> {
  ReportPolls(EventSourceContext<RedisProxy> context, ProxyPoll poll, Duration interval) {
    super(
        PodReport.class,
        context,
        new PerResourcePollingConfigurationBuilder<PodReport, RedisProxy, String>(poll, interval)
            .withResourceIDMapper(PodReport::pod)
            .build());
  }

  @Override
  public void onResourceCreated(RedisProxy proxy) {
    super.onResourceDeleted(proxy);
    super.onResourceCreated(proxy);
  }

  /** For each reconciliation, which sees to it that the polls go on. */
  @Override
  public Set<PodReport> getSecondaryResources(RedisProxy proxy) {
    onResourceUpdated(proxy, proxy);
    return super.getSecondaryResources(proxy);
  }
}
