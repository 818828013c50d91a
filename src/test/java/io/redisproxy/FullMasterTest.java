package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A master that takes no more connections than it has. */
class FullMasterTest {
  private static final RedisError FULL = new RedisError("ERR max number of clients reached");

  @AutoClose private final RedisGroup group = RedisGroup.start(0);
  @AutoClose private final TestProxy proxy = TestProxy.start(group, Map.of("event-loops", "1"));
  @AutoClose private RawClient admin;
  @AutoClose private RawClient client;

  @BeforeEach
  void fill() throws IOException {
    admin = new RawClient(group.master().port());
    client = proxy.connect();
    assertThat(client.call("SET", "key", "value")).isEqualTo("OK");
    limit(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BLPOP list 0",
        "WATCH key",
        "SELECT 1",
        "SUBSCRIBE channel",
        "CLIENT TRACKING ON",
        "CLIENT NO-TOUCH ON",
        "HELLO 3",
        "AUTH default nopass"
      })
  void whoNeedsAConnectionIsToldSoAndGoesOn(String command) throws IOException {
    for (int i = 0; i < 3; i++) {
      assertThat(client.call(command.split(" "))).isEqualTo(FULL);
      assertThat(client.call("GET", "key")).isEqualTo("value");
    }
    limit(1000);
    assertThat(client.call("SELECT", "1")).isEqualTo("OK");
    assertThat(client.call("GET", "key")).isNull();
  }

  /** What the client has sent behind MULTI does not run without. */
  @Test
  void aTransactionFailsAsAWhole() throws IOException {
    for (int i = 0; i < 3; i++) {
      client.send(RawClient.requests("MULTI", "SET key other", "EXEC"));
      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readReply()).isEqualTo(FULL);
      assertThat(client.readReply())
          .isEqualTo(
              new RedisError("EXECABORT Transaction discarded because of: " + FULL.message()));
      assertThat(client.call("GET", "key")).isEqualTo("value");
    }
    assertThat(client.call("MULTI")).isEqualTo("OK");
    assertThat(client.call("SET", "key", "other")).isEqualTo(FULL);
    assertThat(client.call("DISCARD")).isEqualTo("OK");
    limit(1000);
    client.send(RawClient.requests("MULTI", "SET key other", "EXEC", "GET key"));
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("QUEUED");
    client.readReply();
    assertThat(client.readText()).isEqualTo("other");
  }

  @Test
  void whoMonitorsIsToldSo() throws IOException {
    assertThat(client.call("MONITOR")).isEqualTo(FULL);
    assertThat(client.closedByPeer()).isTrue();
  }

  private void limit(int clients) throws IOException {
    assertThat(admin.call("CONFIG", "SET", "maxclients", "" + clients)).isEqualTo("OK");
  }
}
