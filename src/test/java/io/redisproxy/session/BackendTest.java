package io.redisproxy.session;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.redisproxy.config.HealthLimits;
import io.redisproxy.config.NodeAddress;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.topology.NodeGroup;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendTest {
  private final NodeGroup group = new NodeGroup("6380", HealthLimits.DEFAULT);
  private final Backend backend =
      NoNodes.backend(group, new ProxyMeters(new SimpleMeterRegistry()));

  /** It may hear of them from another event loop a moment later. */
  @Test
  void nobodyConnectsToNodesThatJoinWhenItIsClosed() {
    backend.close();
    group.configure(List.of(new NodeAddress("host01", 6379)), null);

    assertThatCode(backend::onTopology).doesNotThrowAnyException();
  }
}
