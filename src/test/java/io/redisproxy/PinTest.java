package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Transcript;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A session has a connection of its own for as long as it needs one, and no longer. */
class PinTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  private RawClient client;
  private RawClient other;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group, Map.of(), TestProxy::eventual);
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    client = proxy.connect();
    other = proxy.connect();
  }

  @AfterEach
  void everyConnectionIsGivenBack() throws IOException {
    client.close();
    other.close();
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
    await().until(() -> blockedAtMaster() == 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MULTI;INCR a;EXEC;GET a",
        "SET a 1;MULTI;INCR a;GET a;EXEC;GET a;INCR a;GET a",
        "MULTI;SET a 1;DISCARD;EXISTS a",
        "MULTI;EXEC",
        "MULTI;NOSUCH;SET a 1;EXEC;EXISTS a",
        "MULTI;SET a;GET;EXEC;PING",
        "MULTI;SET a x;INCR a;EXEC;GET a",
        "MULTI;MULTI;SET a 1;EXEC;EXISTS a",
        "MULTI now;SET a 1;EXEC;EXISTS a",
        "EXEC;DISCARD;UNWATCH;EXEC now;DISCARD now",
        "MULTI;EXEC now;SET a 1;EXEC;EXISTS a",
        "MULTI;DISCARD now;SET a 1;EXEC;DISCARD",
        "MULTI;WATCH a;SET a 1;EXEC;EXISTS a",
        "WATCH;MULTI;SET a 1;EXEC",
        "WATCH a;SET a 1;MULTI;SET a 2;EXEC;GET a",
        "WATCH a;SET a 1;UNWATCH;MULTI;SET a 2;EXEC;GET a",
        "WATCH a;MULTI;UNWATCH;SET a 2;EXEC;GET a",
        "WATCH a;MULTI;DISCARD;SET a 1;MULTI;GET a;EXEC",
        "MULTI;SELECT 1;SET a 1;EXEC;GET a;SELECT 0;EXISTS a",
        "MULTI;SELECT 99;SET a 1;EXEC;GET a",
        "MULTI;SUBSCRIBE c;SET a 1;EXEC;PING;UNSUBSCRIBE;PING",
        "MULTI;SUBSCRIBE c;DISCARD;GET a",
        "MULTI;BLPOP none 0;SET a 1;EXEC;GET a",
        "MULTI;CLIENT REPLY OFF;SET a 1;EXEC;GET a;CLIENT REPLY ON;GET a",
        "MULTI;CLIENT GETNAME;EXEC;CLIENT GETNAME",
        "MULTI;SET a 1;RESET;EXISTS a;EXEC",
        "MULTI;SET a 1;QUIT;EXISTS a",
        "MULTI;PING;ECHO x;EXEC;MULTI;PING;EXEC;MULTI;GET a;DISCARD;PING",
        "WATCH a;GET a;SELECT 1;SET a 1;MULTI;GET a;EXEC",
        "RPUSH l a b;BLPOP l 0;BRPOP l 0;LLEN l;BLPOP",
        "RPUSH l a b;BLPOP l 0;SELECT 1;SET a 1;SELECT 0;EXISTS a",
        "XADD s 1-1 f v;XREAD BLOCK 0 STREAMS s 0;XREAD BLOCK 1 STREAMS s $;XREAD BLOCK",
        "BLPOP l x;BLPOP l -1;BLMOVE a b LEFT LEFT 0.01;BLMPOP 0.01 1 l LEFT;BZPOPMIN z 0.01",
        "CLIENT PAUSE 1;CLIENT UNPAUSE;DEBUG NOSUCH;READONLY;ASKING;READWRITE"
      })
  void aWholeSessionInOnePieceIsAnsweredAsAtAServer(String lines) throws IOException {
    String[] session = lines.split(";");
    String atServer = Transcript.of(group.master().port(), session);
    group.flushAll();
    assertThat(Transcript.of(proxy.port(), session)).isEqualTo(atServer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MULTI;GET a;EXEC",
        "MULTI;NOSUCH;EXEC",
        "MULTI;DISCARD",
        "WATCH a;UNWATCH",
        "WATCH a;MULTI;EXEC",
        "WATCH a;MULTI;DISCARD",
        "RPUSH l x;BLPOP l 0",
        "BLPOP l 0.01",
        "SUBSCRIBE a;UNSUBSCRIBE a",
        "CLIENT TRACKING ON;CLIENT TRACKING OFF",
        "WAIT 0 1",
        "MULTI;SET a 1;RESET",
        "RPUSH l x;BLPOP l 0;SELECT 1;SELECT 0",
        "MULTI;EXEC;HELLO 3;HELLO 2"
      })
  void afterwardsTheSessionIsSharedAgain(String lines) throws IOException {
    for (String line : lines.split(";")) {
      client.call(line.split(" "));
    }
    assertIsShared();
    client.send(lines.replace(";", "\r\n") + "\r\nECHO end\r\n");
    while (!"end".equals(client.readText())) {
      // Its replies were compared with a server's.
    }
    assertIsShared();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SUBSCRIBE c;MULTI;EXEC;UNSUBSCRIBE;MULTI",
        "SUBSCRIBE c;MULTI;UNSUBSCRIBE;MULTI",
        "SUBSCRIBE c;MULTI;UNSUBSCRIBE;MULTI;DISCARD;MULTI"
      })
  void aTransactionBehindOneThatIsRefusedIsNoOtherClients(String lines) throws IOException {
    client.send(lines.replace(";", "\r\n") + "\r\nPING end\r\n");
    while (!"QUEUED".equals(client.readText())) {
      // What came before was compared with a server's.
    }
    client.close();
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
    watchOnEveryEventLoop();
  }

  private static void watchOnEveryEventLoop() throws IOException {
    for (int i = 0; i < 8; i++) {
      try (RawClient next = proxy.connect()) {
        assertThat(next.call("WATCH", "b")).isEqualTo("OK");
        assertThat(next.call("UNWATCH")).isEqualTo("OK");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"UNWATCH;WATCH a", "WATCH b;UNWATCH;WATCH a", "WATCH;WATCH a"})
  void aWatchIsKeptWhateverIsSentInOnePieceBeforeIt(String lines) throws IOException {
    client.send(lines.replace(";", "\r\n") + "\r\nECHO end\r\n");
    while (!"end".equals(client.readText())) {
      // As above.
    }
    watchOnEveryEventLoop();
    other.call("SET", "a", "1");
    client.call("MULTI");
    client.call("SET", "a", "2");
    assertThat(client.call("EXEC")).isNull();
  }

  @Test
  void aSessionThatIsLeftToItsNodeGetsAllRepliesBeforeThatToReset() throws IOException {
    client.call("SETRANGE", "a", "19999999", "x");
    client.send("MULTI\r\nSELECT 0\r\nEXEC\r\nGET a\r\nRESET\r\nPING\r\n");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("QUEUED");
    assertThat(client.readText()).isEqualTo(List.of("OK"));
    assertThat((byte[]) client.readReply()).hasSize(20_000_000);
    assertThat(client.readText()).isEqualTo("RESET");
    assertThat(client.readText()).isEqualTo("PONG");
  }

  @Test
  void aLargeRequestThatIsLeftToItsNodeIsOverWithReset() throws IOException {
    String large = "x".repeat(100_000);
    for (String reset : List.of("RESET", "*1\r\n$5\r\nRESET")) {
      assertThat(client.call("WATCH", large)).isEqualTo("OK");
      client.send(reset + "\r\n");
      assertThat(client.readText()).isEqualTo("RESET");
      assertThat(client.call("ECHO", large)).isEqualTo(large);
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
    }
  }

  @Test
  void aWatchedKeyThatAnotherClientChangesMakesTheTransactionFailOnce() throws IOException {
    client.call("WATCH", "a", "b");
    assertThat(client.call("GET", "b")).isNull();
    other.call("SET", "b", "1");
    client.call("MULTI");
    client.call("SET", "a", "1");
    assertThat(client.call("EXEC")).isNull();
    client.call("MULTI");
    client.call("SET", "a", "2");
    assertThat(client.call("EXEC")).isEqualTo(List.of("OK"));
  }

  @Test
  void aClientThatNeverPausesAfterATransactionIsSharedAgainAllTheSame() throws IOException {
    double before = readsAtReplica();
    client.send("MULTI\r\nEXEC\r\n" + "GET a\r\n".repeat(1000));
    for (int i = 0; i < 1002; i++) {
      client.readText();
    }
    assertThat(readsAtReplica()).isGreaterThan(before + 900);
  }

  @Test
  void whoWaitsForAListGetsWhatAnotherPushes() throws IOException {
    client.sendCommand("BLPOP", "l", "0");
    await().until(() -> blockedAtMaster() == 1);
    other.call("RPUSH", "l", "x");
    assertThat(client.readText()).isEqualTo(List.of("l", "x"));
    client.sendCommand("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
    await().until(() -> blockedAtMaster() == 1);
    String id = (String) other.call("XADD", "s", "*", "f", "v");
    assertThat(client.readText().toString()).contains(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BLPOP l 0",
        "BLPOP l 0;SELECT 1;PING",
        "BLPOP l 0;MONITOR",
        "BLPOP l 0;QUIT",
        "BLPOP l 0;*x",
        "WATCH a;BLPOP l 0;SELECT 1",
        "WATCH a;BLPOP l 0",
        "SET a 1;BLPOP l 0;RESET",
        "MULTI;SELECT 0;EXEC;BLPOP l 0;RESET"
      })
  void aClientThatIsGoneTakesNothingFromTheList(String lines) throws IOException {
    for (boolean half : new boolean[] {true, false}) {
      try (RawClient gone = proxy.connect()) {
        gone.send(lines.replace(";", "\r\n") + "\r\n");
        await().until(() -> blockedAtMaster() == 1);
        if (half) {
          gone.shutdownOutput();
          await().until(() -> blockedAtMaster() == 0);
        }
      }
      await().until(() -> blockedAtMaster() == 0);
      client.sendCommand("BLPOP", "l", "0");
      await().until(() -> blockedAtMaster() == 1);
      other.call("RPUSH", "l", "x");
      assertThat(client.readText()).isEqualTo(List.of("l", "x"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "BLPOP l 0, 1",
    "BLPOP l 0, 50000",
    "BLPOP l 0, 3000000",
    "XREAD BLOCK 0 STREAMS s $, 1",
    "XREAD BLOCK 0 STREAMS s $, 3000000"
  })
  void aClientThatIsGoneWaitsForNothingWhateverItHasSentBehind(String blocking, int length)
      throws IOException {
    for (boolean half : new boolean[] {true, false}) {
      try (RawClient gone = proxy.connect()) {
        gone.send(RawClient.requests(blocking, "SET a " + "x".repeat(length)));
        await().until(() -> blockedAtMaster() == 1);
        if (half) {
          gone.shutdownOutput();
          await().until(() -> blockedAtMaster() == 0);
        }
      }
      await().until(() -> blockedAtMaster() == 0);
    }
  }

  @Test
  void whatIsReadOverAConnectionOfItsOwnCountsAsRead() throws IOException {
    client.call("WATCH", "a");
    double reads = proxy.counted("redis_proxy.requests", "class", "read");
    for (String request : List.of("INFO", "INFO server", "GET a")) {
      client.call(request.split(" "));
    }
    assertThat(proxy.counted("redis_proxy.requests", "class", "read")).isEqualTo(reads + 3);
  }

  /** A connection of the reader's own is being made meanwhile. */
  @Test
  void anEntryComesAfterAReadThatWasAskedForFirst() throws IOException {
    List<RawClient> readers = new ArrayList<>();
    try (TestProxy oneLoop = TestProxy.start(group, Map.of("event-loops", "1"));
        RawClient writer = oneLoop.connect()) {
      for (int i = 0; i < 20; i++) {
        RawClient reader = oneLoop.connect();
        readers.add(reader);
        reader.call("PING");
        reader.sendCommand("XREAD", "BLOCK", "3000", "STREAMS", "stream" + i, "$");
        writer.call("XADD", "stream" + i, "*", "f", "v");
      }
      int told = 0;
      for (RawClient reader : readers) {
        told += reader.readText() == null ? 0 : 1;
      }
      // Where the machine stands still for a moment, one is not waited for.
      assertThat(told).isGreaterThan(17);
    } finally {
      RawClient.closeAll(readers);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"BLPOP l 0", "XREAD BLOCK 0 STREAMS s $", "WAIT 3 0", "SUBSCRIBE c"})
  void whoLeavesWhileItWaitsIsNoError(String request) throws IOException {
    double before = proxy.counted("redis_proxy.errors");
    double closed = proxy.counted("redis_proxy.clients.closed");
    try (RawClient leaving = proxy.connect()) {
      leaving.call("PING");
      leaving.sendCommand(request.split(" "));
      await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 1);
    }
    await().until(() -> proxy.counted("redis_proxy.clients.closed") == closed + 1);
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
    assertThat(proxy.counted("redis_proxy.errors")).isEqualTo(before);
  }

  @Test
  void aClientIsUnblockedByItsNumberAtTheProxy() throws IOException {
    String id = client.call("CLIENT", "ID").toString();
    assertThat(other.call("CLIENT", "UNBLOCK", id)).isEqualTo(0L);
    client.sendCommand("BLPOP", "l", "0");
    await().until(() -> blockedAtMaster() == 1);
    assertThat(other.call("CLIENT", "UNBLOCK", id)).isEqualTo(1L);
    assertThat(client.readText()).isNull();
    client.sendCommand("BLPOP", "l", "0");
    await().until(() -> blockedAtMaster() == 1);
    assertThat(other.call("CLIENT", "UNBLOCK", id, "ERROR")).isEqualTo(1L);
    assertThat(((RedisError) client.readText()).message()).startsWith("UNBLOCKED");
    assertThat(other.call("CLIENT", "UNBLOCK", id)).isEqualTo(0L);
    assertThat(other.call("CLIENT", "UNBLOCK", "12345")).isEqualTo(0L);
    assertThat(((RedisError) other.call("CLIENT", "UNBLOCK", "12345", "x")).message())
        .isEqualTo("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }

  @Test
  void aClientThatIsLeftToItsNodeIsUnblockedByThatNumberToo() throws IOException {
    String id = client.call("CLIENT", "ID").toString();
    client.send("MULTI\r\nSELECT 0\r\nEXEC\r\nBLPOP l 0\r\n");
    await().until(() -> blockedAtMaster() == 1);
    assertThat(other.call("CLIENT", "UNBLOCK", id)).isEqualTo(1L);
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("QUEUED");
    assertThat(client.readText()).isEqualTo(List.of("OK"));
    assertThat(client.readText()).isNull();
  }

  @Test
  void aClientThatWaitsIsShownSoThoughItHasSentMore() throws IOException {
    String id = client.call("CLIENT", "ID").toString();
    client.send(RawClient.requests("BLPOP l 0", "SELECT 0"));
    await().until(() -> blockedAtMaster() == 1);
    assertThat((String) other.call("CLIENT", "LIST", "ID", id)).contains(" flags=b ");
    other.call("RPUSH", "l", "x");
    assertThat(client.readText()).isEqualTo(List.of("l", "x"));
    assertThat(client.readText()).isEqualTo("OK");
  }

  @Test
  void aReadDoesNotLeaveAPinnedSessionBeforeWhatItWatches() throws IOException {
    client.call("WATCH", "a");
    double before = readsAtReplica();
    client.call("GET", "a");
    client.call("MGET", "a", "b");
    assertThat(readsAtReplica()).isEqualTo(before);
    client.call("UNWATCH");
  }

  private void assertIsShared() throws IOException {
    client.call("GET", "a");
    double before = readsAtReplica();
    client.call("GET", "a");
    assertThat(readsAtReplica()).isEqualTo(before + 1);
    assertThat(proxy.gauge("redis_proxy.node.pinned")).isZero();
  }

  private static double readsAtReplica() {
    return proxy.counted("redis_proxy.requests", "role", "replica", "class", "read");
  }

  private static long blockedAtMaster() {
    String info = (String) group.call(group.master(), "INFO", "clients");
    return Arrays.stream(info.split("\r\n"))
        .filter(line -> line.startsWith("blocked_clients:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
        .sum();
  }
}
