package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A replica that starts anew and has no data yet says so only to those who ask. */
class EmptyReplicaTest {

  @Test
  void isNotReadBeforeItHasSynced() throws Exception {
    try (RedisGroup group = RedisGroup.start(1)) {
      group.call(group.master(), "SET", "key", "written before the proxy began");
      group.awaitInSync();
      try (TestProxy proxy = TestProxy.start(group, Map.of("probe.interval", "1s"));
          RawClient client = proxy.connect()) {
        double connects = connects(proxy);
        group.replica(0).kill();
        group.master().pause();
        group.replica(0).restart();
        await().until(() -> connects(proxy) >= connects + 2);

        client.sendCommand("GET", "key");
        await().until(() -> proxy.counted("redis_proxy.reads") > 0);
        assertThat(readsAtReplica(proxy)).isZero();
        group.master().resume();

        assertThat(client.readText()).isEqualTo("written before the proxy began");
        await()
            .until(
                () -> {
                  client.call("GET", "key");
                  return readsAtReplica(proxy) > 0;
                });
      }
    }
  }

  private static double connects(TestProxy proxy) {
    return proxy.counted("redis_proxy.node.connects");
  }

  private static double readsAtReplica(TestProxy proxy) {
    return proxy.counted("redis_proxy.reads", "reason", "replica");
  }
}
