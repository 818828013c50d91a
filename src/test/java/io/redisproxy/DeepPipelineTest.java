package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.NilRecheck;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client may send at once takes no longer for each request than if it were few. */
class DeepPipelineTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    NilRecheck gets = new NilRecheck(Set.of("GET"), Set.of());
    // On a busy machine the last of so many takes a while.
    Resilience patient =
        new Resilience(Duration.ofMinutes(1), 3, MasterFallback.ALWAYS, Duration.ofSeconds(2));
    proxy =
        TestProxy.start(
            group,
            Map.of(),
            config -> ListenerBuilder.like(config).nilRecheck(gets).resilience(patient).build());
  }

  @ParameterizedTest
  @CsvSource({
    "each is waited for, 10000, HELLO 2",
    "each is asked for again, 40000, GET none",
    "each is a run of its own, 20000, EVAL return(1) 0",
    "each is the proxy's own, 40000, CLIENT ID",
  })
  void allIsAnswered(String why, int count, String request) throws IOException {
    byte[] requests =
        RawClient.requests(Collections.nCopies(count, request).toArray(String[]::new));
    try (RawClient client = proxy.connect()) {
      CompletableFuture<Void> sent = client.sendBeside(requests);
      Object first = client.readText();
      for (int i = 1; i < count; i++) {
        assertThat(client.readText()).as(why).isEqualTo(first);
      }
      sent.join();
    }
  }
}
