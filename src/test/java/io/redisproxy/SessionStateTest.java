package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions that need state at a node, and commands that the proxy answers itself. */
class SessionStateTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private RawClient client;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group);
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    client = proxy.connect();
  }

  @Test
  void aTransactionRunsInOnePieceBehindWhatWasSentBefore() throws IOException {
    client.send("SET a 1\r\nMULTI\r\nINCR a\r\nGET a\r\nEXEC\r\nGET a\r\n");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("QUEUED");
    assertThat(client.readText()).isEqualTo("QUEUED");
    List<?> results = (List<?>) client.readText();
    assertThat(results.get(0)).isEqualTo(2L);
    assertThat(results.get(1)).isEqualTo("2");
    assertThat(client.readText()).isEqualTo("2");
  }

  @Test
  void aTransactionFailsWhenAWatchedKeyIsChanged() throws IOException {
    client.call("WATCH", "a");
    try (RawClient other = proxy.connect()) {
      other.call("SET", "a", "other");
    }
    client.call("MULTI");
    client.call("SET", "a", "mine");
    assertThat(client.call("EXEC")).isNull();
  }

  @Test
  void anotherDatabaseIsAnotherDatabaseForThisSessionAlone() throws IOException {
    assertThat(client.call("SELECT", "0")).isEqualTo("OK");
    assertThat(client.call("SELECT", "1")).isEqualTo("OK");
    client.call("SET", "a", "one");
    try (RawClient other = proxy.connect()) {
      assertThat(other.call("EXISTS", "a")).isEqualTo(0L);
      assertThat(other.call("SELECT")).isInstanceOf(RedisError.class);
    }
    assertThat(client.call("GET", "a")).isEqualTo("one");
  }

  @Test
  void aBlockingPopBlocksNobodyElse() throws IOException {
    client.sendCommand("BLPOP", "list", "0");
    try (RawClient other = proxy.connect()) {
      await().until(() -> blockedAtMaster() == 1);
      assertThat(other.call("PING")).isEqualTo("PONG");
      assertThat(other.call("LPUSH", "list", "item")).isEqualTo(1L);
    }
    List<?> popped = (List<?>) client.readText();
    assertThat(popped).hasSize(2);
    assertThat(popped.get(1)).isEqualTo("item");
  }

  @Test
  void aSubscriberGetsMessages() throws IOException {
    client.call("SUBSCRIBE", "news");
    try (RawClient other = proxy.connect()) {
      assertThat(other.call("PUBLISH", "news", "hello")).isEqualTo(1L);
    }
    List<?> message = (List<?>) client.readText();
    assertThat(message.get(2)).isEqualTo("hello");
    assertThat(((List<?>) client.call("UNSUBSCRIBE", "news")).get(0)).isEqualTo("unsubscribe");
    assertThat(client.call("PING")).isEqualTo("PONG");
  }

  @Test
  void resp3IsSpokenWithWhoAsksForIt() throws IOException {
    client.call("HELLO", "3");
    client.call("HSET", "hash", "field", "value");
    client.send("*2\r\n$7\r\nHGETALL\r\n$4\r\nhash\r\n");
    assertThat(client.readLine()).isEqualTo("%1");
  }

  @Test
  void helloWithoutAVersionOrWithTwoKeepsTheSessionShared() throws IOException {
    assertThat((List<?>) client.call("HELLO")).hasSizeGreaterThan(10);
    assertThat((List<?>) client.call("HELLO", "2")).hasSizeGreaterThan(10);
    assertThat(((RedisError) client.call("HELLO", "9")).message()).startsWith("NOPROTO");
    double before = readsAtReplica();
    // Another test may have written the key just before.
    await()
        .until(
            () -> {
              client.call("GET", "a");
              return readsAtReplica() > before;
            });
  }

  private static double readsAtReplica() {
    return proxy.counted("redis_proxy.requests", "role", "replica", "class", "read");
  }

  @Test
  void aClientHasItsOwnNumberAndName() throws IOException {
    try (RawClient other = proxy.connect()) {
      assertThat(client.call("CLIENT", "ID")).isNotEqualTo(other.call("CLIENT", "ID"));
      assertThat(client.call("CLIENT", "GETNAME")).isNull();
      assertThat(client.call("CLIENT", "SETNAME", "worker")).isEqualTo("OK");
      assertThat(client.call("CLIENT", "GETNAME")).isEqualTo("worker");
      assertThat(other.call("CLIENT", "GETNAME")).isNull();
    }
    assertThat(((RedisError) client.call("CLIENT", "SETNAME", "two words")).message())
        .isEqualTo("ERR Client names cannot contain spaces, newlines or special characters.");
    assertThat(client.call("CLIENT", "SETINFO", "LIB-NAME", "lib")).isEqualTo("OK");
    assertThat(((RedisError) client.call("CLIENT", "SETINFO", "nosuch", "x")).message())
        .isEqualTo("ERR Unrecognized option 'nosuch'");
    client.call("MULTI");
    client.call("CLIENT", "GETNAME");
    assertThat(((List<?>) client.call("EXEC")).get(0)).isEqualTo("worker");
  }

  @Test
  void waitCountsTheReplicasThatHaveThisSessionsWrites() throws IOException {
    client.call("SET", "a", "1");
    assertThat(client.call("WAIT", "1", "5000")).isEqualTo(1L);
    group.replica(0).pause();
    try (RawClient other = proxy.connect()) {
      other.call("SET", "a", "2");
      assertThat(other.call("WAIT", "1", "100")).isEqualTo(0L);
    } finally {
      group.replica(0).resume();
      await().until(proxy::allHealthy);
    }
  }

  @Test
  void quitIsAnsweredAndCloses() throws IOException {
    client.send("SET a 1\r\nQUIT\r\nSET a 2\r\n");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.closedByPeer()).isTrue();
    try (RawClient other = new RawClient(group.master().port())) {
      assertThat(other.call("GET", "a")).isEqualTo("1");
    }
  }

  @Test
  void resetClearsTheName() throws IOException {
    client.call("CLIENT", "SETNAME", "worker");
    assertThat(client.call("RESET")).isEqualTo("RESET");
    assertThat(client.call("CLIENT", "GETNAME")).isNull();
  }

  @Test
  void aReplyOffSessionIsSilentAlone() throws IOException {
    client.sendCommand("CLIENT", "REPLY", "OFF");
    client.sendCommand("SET", "a", "1");
    client.sendCommand("CLIENT", "REPLY", "ON");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.call("GET", "a")).isEqualTo("1");
  }

  @Test
  void aRequestInPiecesGetsAConnectionThatWaitsForOne() throws IOException {
    String pop = "*3\r\n$5\r\nBLPOP\r\n$4\r\nlist\r\n$1\r\n0\r\n";
    for (int cut = 1; cut < pop.length(); cut++) {
      client.call("RPUSH", "list", "first", "second");
      client.call("BLPOP", "list", "0");
      client.send(pop.substring(0, cut));
      String kept = " qbuf=" + cut + " ";
      await().pollDelay(Duration.ZERO).until(() -> clientList().contains(kept));
      client.send(pop.substring(cut));
      assertThat(client.readText()).as("cut at %d", cut).isEqualTo(List.of("list", "second"));
    }
  }

  @Test
  void whatWaitsBehindACommandThatWaitsIsTheClients() throws IOException {
    client.sendCommand("BLPOP", "nobody", "0");
    byte[] login = RawClient.request("AUTH", "x".repeat(5000));
    client.send(login);
    String kept = " qbuf=" + login.length + " ";
    await().until(() -> clientList().contains(kept));
  }

  private String clientList() throws IOException {
    try (RawClient other = proxy.connect()) {
      return (String) other.call("CLIENT", "LIST");
    }
  }

  @Test
  void aPinnedSessionEndsAtTheServerWithTheClient() throws IOException {
    client.sendCommand("BLPOP", "nobody", "0");
    await().until(() -> blockedAtMaster() == 1);
    client.close();
    await().until(() -> blockedAtMaster() == 0);
  }

  private static long blockedAtMaster() {
    String info = (String) group.call(group.master(), "INFO", "clients");
    return Long.parseLong(info.replaceAll("(?s).*blocked_clients:(\\d+).*", "$1"));
  }
}
