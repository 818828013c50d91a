package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.config.ListenerConfig;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is written through one listener, and read through another with the same master. */
class OtherListenerTest {
  @AutoClose private RedisGroup group;
  @AutoClose private Relay replication;

  @BeforeEach
  void start() {
    group = RedisGroup.start(2, "--repl-ping-replica-period", "3600");
    replication = Relay.to(group.master().port());
    group.replicas().forEach(replica -> group.follow(replica, replication.port()));
    group.awaitInSync();
    replication.delayReplies(Duration.ofMillis(300));
  }

  @Test
  void isSeenIfThatIsAsThis() throws Exception {
    assertIsSeen(UnaryOperator.identity());
  }

  @Test
  void isSeenIfThatReadsEventually() throws Exception {
    assertIsSeen(TestProxy::eventual);
  }

  @Test
  void isSeenIfThatHasNoReplicas() throws Exception {
    assertIsSeen(config -> new ListenerConfig(config.port(), config.master(), List.of()));
  }

  @Test
  void isSeenIfThatHasOneOfTheReplicas() throws Exception {
    assertIsSeen(
        config ->
            new ListenerConfig(config.port(), config.master(), config.replicas().subList(1, 2)));
  }

  @Test
  void eventualReadsAreNotHeldToWhatTheOtherListenerNotes() throws Exception {
    try (TestProxy proxy = startWith(TestProxy::eventual);
        RawClient client = new RawClient(proxy.otherPort())) {
      client.call("SET", "key", "value");
      assertThat(client.call("GET", "key")).isNull();
    }
  }

  private void assertIsSeen(UnaryOperator<ListenerConfig> other) throws IOException {
    try (TestProxy proxy = startWith(other);
        RawClient writer = new RawClient(proxy.otherPort());
        RawClient reader = proxy.connect()) {
      for (int i = 0; i < 100; i++) {
        String value = Integer.toString(i);
        writer.call("SET", "key", value);
        assertThat(reader.call("GET", "key")).isEqualTo(value);
      }
    }
  }

  private TestProxy startWith(UnaryOperator<ListenerConfig> other) {
    return TestProxy.startTwoListeners(
        Map.of(),
        UnaryOperator.identity(),
        other,
        group.master().port(),
        group.replica(0).port(),
        group.replica(1).port());
  }
}
