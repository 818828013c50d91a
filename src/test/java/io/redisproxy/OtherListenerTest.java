package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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

  /** They are clients of another server, for all that one can know. */
  @Test
  void clientsOfAnotherListenerAreNotThere() throws IOException {
    try (TestProxy proxy = startWith(UnaryOperator.identity());
        RawClient stranger = new RawClient(proxy.otherPort());
        RawClient client = proxy.connect()) {
      String id = stranger.call("CLIENT", "ID").toString();
      stranger.sendCommand("BLPOP", "list", "0");
      await()
          .until(
              () -> {
                try (RawClient other = new RawClient(proxy.otherPort())) {
                  return ((String) other.call("CLIENT", "LIST")).contains(" cmd=blpop ");
                }
              });

      assertThat((String) client.call("CLIENT", "LIST")).hasLineCount(1);
      assertThat((String) client.call("CLIENT", "LIST", "ID", id)).isEmpty();
      assertThat(client.call("CLIENT", "UNBLOCK", id)).isEqualTo(0L);
      assertThat(client.call("CLIENT", "KILL", "ID", id)).isEqualTo(0L);
      assertThat(client.call("CLIENT", "KILL", "TYPE", "normal")).isEqualTo(0L);
      assertThat(client.call("RPUSH", "list", "a")).isEqualTo(1L);
      assertThat(stranger.readText()).isEqualTo(List.of("list", "a"));
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
