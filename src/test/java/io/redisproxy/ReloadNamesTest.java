package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.FakeDns;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.metrics.ReloadResult;
import io.redisproxy.topology.Topology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reload of a listener with a name that stands for several servers. */
class ReloadNamesTest {
  private static final String NAME = "nodes.test";

  @AutoClose private final FakeDns dns = new FakeDns();

  @AutoClose
  private final RedisGroup group = RedisGroup.start(2, "--bind", "127.0.0.1", "127.0.0.2");

  @TempDir private Path folder;
  private final int port = FreePorts.next();

  @Test
  void serversThatANameStandsForStayWhenAnotherOneIsListed() throws IOException {
    dns.put(NAME, 1, "127.0.0.1", "127.0.0.2");
    write(false);
    try (TestProxy proxy = TestProxy.startFrom(file(), settings());
        RawClient client = new RawClient(port)) {
      await().until(() -> members(proxy).size() == 3 && proxy.allHealthy());
      Set<NodeAddress> before = members(proxy);
      Set<NodeAddress> missed = ConcurrentHashMap.newKeySet();
      proxy
          .group()
          .onChange(
              topology ->
                  before.stream()
                      .filter(node -> topology.indexOf(node) == Topology.NONE)
                      .forEach(missed::add));
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");

      int asked = dns.questions();
      write(true);
      assertThat(proxy.reload().result()).isNotEqualTo(ReloadResult.REFUSED);
      await().until(() -> members(proxy).size() == 4);
      await().until(() -> dns.questions() > asked);
      assertThat(missed).isEmpty();
      assertThat(client.call("GET", "a")).isEqualTo("1");
    }
  }

  private Path file() {
    return folder.resolve("listeners.json");
  }

  private Map<String, String> settings() {
    return Map.of("dns.servers", "127.0.0.1:" + dns.address().getPort());
  }

  private static Set<NodeAddress> members(TestProxy proxy) {
    Topology topology = proxy.group().topology();
    return topology.memberIndices().mapToObj(topology::address).collect(Collectors.toSet());
  }

  /** {@code both}: whether the other replica is listed, too. */
  private void write(boolean both) throws IOException {
    String named = "{\"host\": \"%s\", \"port\": %d}".formatted(NAME, group.replica(0).port());
    Files.writeString(
        file(),
        "[{\"listen\": %d, \"master\": %s, \"slave\": [%s]}]"
            .formatted(
                port,
                Reloading.node(group.master()),
                both ? named + ", " + Reloading.node(group.replica(1)) : named));
  }
}
