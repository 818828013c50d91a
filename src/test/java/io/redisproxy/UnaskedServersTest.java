package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Servers that let nobody in without a password, behind a listener that knows none. */
class UnaskedServersTest {
  @AutoClose private final RedisGroup group = RedisGroup.start(1, "--requirepass", "secret");

  @AutoClose
  private final TestProxy proxy =
      TestProxy.startAtOnce(
          Map.of(),
          port ->
              new ListenerConfig(
                  port,
                  TestProxy.address(group.master().port()),
                  List.of(TestProxy.address(group.replica(0).port()))));

  @Test
  void theMasterThatIsListedServesWhoSaysThePassword() throws IOException {
    await().until(() -> proxy.group().topology().master() == 0);
    try (RawClient client = proxy.connect()) {
      assertThat(((RedisError) client.call("GET", "a")).message())
          .isEqualTo("NOAUTH Authentication required.");
      assertThat(client.call("AUTH", "secret")).isEqualTo("OK");
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      assertThat(client.call("GET", "a")).isEqualTo("1");
      assertThat(client.call("MULTI")).isEqualTo("OK");
      assertThat(client.call("INCR", "a")).isEqualTo("QUEUED");
      assertThat(client.call("EXEC")).isEqualTo(List.of(2L));
    }
    assertThat(group.commandCount(group.master(), "get")).isPositive();
  }
}
