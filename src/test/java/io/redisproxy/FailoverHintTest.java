package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.topology.Topology;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who moves the master tells the proxy, which need not wait for the next probes then. */
class FailoverHintTest {

  @Test
  void theNewMasterIsFoundWhenSomebodyTellsOfIt() throws Exception {
    try (RedisGroup group = RedisGroup.start(1);
        TestProxy proxy = TestProxy.start(group, Map.of("probe.interval", "10m"));
        RawClient client = proxy.connect()) {
      RedisNode former = group.master();
      RedisNode next = group.replica(0);
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      group.awaitInSync();
      group.promote(next);
      group.follow(former, next.port());

      await()
          .until(
              () -> {
                proxy.probe("the test has made another one the master");
                Topology topology = proxy.group().topology();
                return topology.master() != Topology.NONE
                    && topology.address(topology.master()).port() == next.port();
              });
      assertThat(client.call("SET", "a", "2")).isEqualTo("OK");
      assertThat(group.call(next, "GET", "a")).isEqualTo("2");
    }
  }
}
