package io.redisproxy.operator;

import static io.redisproxy.operator.Cluster.LISTENER;
import static io.redisproxy.operator.Cluster.NAME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.redisproxy.fixture.LogWatch;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operators that come and go. */
class OperatorRestartTest {
  @AutoClose private Cluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = new Cluster();
  }

  @Test
  void theNextOneGoesOnAndChangesNothingTwice() throws Exception {
    CountDownLatch lost = new CountDownLatch(1);
    try (ProxyOperator second = cluster.operator("second", lost::countDown)) {
      try (ProxyOperator first = cluster.operator("first", lost::countDown)) {
        first.start();
        cluster.apply(LISTENER);
        // In the middle of its work.
        cluster.awaited(Deployment.class, NAME);
        second.start();
        assertThat(second.isReady()).isTrue();
        cluster.haveReady(2);
        cluster.awaited("RolledOut", "PodsReady");
      }
      List<String> before = List.copyOf(cluster.server().writes());
      assertThat(before.stream().filter(write -> !write.endsWith("/status")))
          .doesNotHaveDuplicates();
      Deployment deployment = cluster.deployment();

      // The change tells that it has begun, and looked at everything.
      cluster.apply(LISTENER + "replicas: 3\n");
      cluster.awaited(Deployment.class, NAME, found -> found.getSpec().getReplicas() == 3);
      cluster.haveReady(3);
      cluster.awaited("RolledOut", "PodsReady");
      List<String> writes = cluster.server().writes();
      assertThat(writes.subList(before.size(), writes.size()))
          .allMatch(write -> write.contains("/redisproxies/") || write.contains("/deployments/"));
      assertThat(cluster.deployment().getSpec().getTemplate())
          .isEqualTo(deployment.getSpec().getTemplate());
      assertThat(cluster.get(ServiceMonitor.class, NAME)).isNull();
    }
    assertThat(lost.getCount()).as("who gives the lease back has not lost it").isEqualTo(1);
  }

  @Test
  void whoLosesTheLeaseIsTold() throws Exception {
    CountDownLatch lost = new CountDownLatch(1);
    try (ProxyOperator operator = cluster.operator("first", lost::countDown)) {
      operator.start();
      cluster.apply(LISTENER);
      cluster.awaited(Deployment.class, NAME);
      cluster.server().refuse(write -> write.contains("/leases/"));
      assertThat(lost.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void whatItMayNotWatchIsToldAndTheRestGoesOn() throws Exception {
    cluster
        .server()
        .refuse(write -> write.equals("GET /apis/autoscaling/v2/horizontalpodautoscalers"));
    try (ProxyOperator operator = cluster.operator("first", () -> {});
        LogWatch log = new LogWatch(ProxyOperator.class)) {
      operator.start();
      assertThat(log.messages())
          .anySatisfy(
              message ->
                  assertThat(message)
                      .contains("can't see HorizontalPodAutoscaler;", "k8s/operator/rbac.yaml"));
      assertThat(operator.isReady()).isFalse();
      cluster.apply(LISTENER);
      cluster.awaited(Deployment.class, NAME);
      assertThat(cluster.awaited("Applied", "NotWatched").getMessage())
          .contains("HorizontalPodAutoscaler");

      cluster.server().refuse(write -> false);
      await().until(operator::isReady);
      cluster.awaited("Applied", "InPlace");
    }
  }
}
