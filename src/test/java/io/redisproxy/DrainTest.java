package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A proxy that is to end lets each client go when it loses nothing by that. */
class DrainTest {
  @AutoClose private static RedisGroup group;
  private TestProxy proxy;

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(1);
  }

  @AfterEach
  void stop() {
    if (proxy != null) {
      proxy.close();
    }
    group.flushAll();
  }

  @Test
  void idleClientsGoAtOnceAndNewOnesAreNotTaken() throws Exception {
    start("25s");
    try (RawClient idle = proxy.connect()) {
      assertThat(idle.call("PING")).isEqualTo("PONG");

      assertThat(proxy.drain()).succeedsWithin(5, TimeUnit.SECONDS);

      assertEnd(idle);
      assertThat(proxy.counted("redis_proxy.clients.closed", "cause", "drained")).isEqualTo(1);
    }
    assertThatThrownBy(() -> proxy.connect()).isInstanceOf(ConnectException.class);
  }

  @Test
  void newClientsAreTakenUntilTheDelayIsOver() throws Exception {
    proxy = TestProxy.start(group, Map.of("drain.delay", "1s"));
    CompletableFuture<Void> drain = proxy.drain();
    try (RawClient client = proxy.connect()) {
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      assertThat(drain).succeedsWithin(5, TimeUnit.SECONDS);
      assertEnd(client);
    }
  }

  @Test
  void aRequestThatIsHalfReadIsAnsweredFirst() throws Exception {
    start("25s");
    try (RawClient client = proxy.connect()) {
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      client.send("*2\r\n$3\r\nGET\r\n$1\r");
      CompletableFuture<Void> drain = proxy.drain();
      assertThat(drain).isNotDone();
      awaitRefused();
      // What follows the request isn't looked at.
      client.send("\na\r\n*1\r\n$4\r\nPING\r\n");

      assertThat(client.readText()).isEqualTo("1");
      assertEnd(client);
      assertThat(drain).succeedsWithin(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void aTransactionIsBroughtToItsEnd() throws Exception {
    start("25s");
    try (RawClient client = proxy.connect()) {
      assertThat(client.call("WATCH", "a")).isEqualTo("OK");
      CompletableFuture<Void> drain = proxy.drain();
      awaitRefused();
      assertThat(client.call("GET", "a")).isNull();
      assertThat(client.call("MULTI")).isEqualTo("OK");
      assertThat(client.call("SET", "a", "1")).isEqualTo("QUEUED");
      assertThat(client.call("INCR", "a")).isEqualTo("QUEUED");
      assertThat(drain).isNotDone();

      assertThat(client.call("EXEC")).isEqualTo(List.of("OK", 2L));
      assertEnd(client);
      assertThat(drain).succeedsWithin(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void aBlockingCommandIsAnsweredAsIfItsTimeWereOverAtTheDeadline() throws Exception {
    start("300ms");
    try (RawClient client = proxy.connect()) {
      client.sendCommand("BLPOP", "queue", "0");
      awaitBlocked();
      CompletableFuture<Void> drain = proxy.drain();

      assertThat(client.readText()).isNull();
      assertEnd(client);
      assertThat(drain).succeedsWithin(5, TimeUnit.SECONDS);
    }
    try (RawClient pusher = new RawClient(group.master().port())) {
      assertThat(pusher.call("RPUSH", "queue", "kept")).isEqualTo(1L);
    }
  }

  @Test
  void aBlockingCommandThatIsAnsweredInTimeIsTheLastOne() throws Exception {
    start("25s");
    try (RawClient client = proxy.connect();
        RawClient pusher = new RawClient(group.master().port())) {
      client.sendCommand("BLPOP", "queue", "0");
      awaitBlocked();
      CompletableFuture<Void> drain = proxy.drain();
      awaitRefused();
      assertThat(pusher.call("RPUSH", "queue", "one", "two")).isEqualTo(2L);

      assertThat(client.readText()).isEqualTo(List.of("queue", "one"));
      assertEnd(client);
      assertThat(drain).succeedsWithin(5, TimeUnit.SECONDS);
      assertThat(pusher.call("LLEN", "queue")).isEqualTo(1L);
    }
  }

  @Test
  void subscribersGoLast() throws Exception {
    start("25s");
    try (RawClient subscriber = proxy.connect();
        RawClient other = proxy.connect();
        RawClient publisher = new RawClient(group.master().port())) {
      assertThat(subscriber.call("SUBSCRIBE", "news")).isEqualTo(List.of("subscribe", "news", 1L));
      assertThat(other.call("MULTI")).isEqualTo("OK");
      CompletableFuture<Void> drain = proxy.drain();
      awaitRefused();
      assertThat(publisher.call("PUBLISH", "news", "still there")).isEqualTo(1L);
      assertThat(subscriber.readText()).isEqualTo(List.of("message", "news", "still there"));

      assertThat(other.call("DISCARD")).isEqualTo("OK");
      assertEnd(other);
      assertEnd(subscriber);
      assertThat(drain).succeedsWithin(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void whoDoesNotComeToAnEndIsCutOffAtTheDeadline() throws Exception {
    start("100ms");
    try (RawClient client = proxy.connect()) {
      assertThat(client.call("MULTI")).isEqualTo("OK");

      assertThat(proxy.drain()).succeedsWithin(5, TimeUnit.SECONDS);
      assertEnd(client);
    }
  }

  private void start(String timeout) {
    proxy = TestProxy.start(group, Map.of("drain.timeout", timeout));
  }

  private static void assertEnd(RawClient client) {
    assertThatThrownBy(client::readReply).isInstanceOf(EOFException.class);
  }

  /** Waits until the port is closed: whoever is there has been asked to go then. */
  private void awaitRefused() {
    await()
        .until(
            () -> {
              try (RawClient late = proxy.connect()) {
                return false;
              } catch (ConnectException e) {
                return true;
              }
            });
  }

  private static void awaitBlocked() throws IOException {
    try (RawClient server = new RawClient(group.master().port())) {
      await().until(() -> server.call("INFO", "clients").toString().contains("blocked_clients:1"));
    }
  }
}
