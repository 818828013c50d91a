package io.redisproxy;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import io.redisproxy.fixture.ServerVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A script keeps the master busy: others are told so, and can end it. */
class BusyMasterTest {
  private RedisError busy;

  /** Whether a database can be chosen over a new connection nevertheless. */
  private boolean selects;

  @AutoClose("shutdownNow")
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AutoClose private RedisGroup group;
  @AutoClose private TestProxy proxy;
  @AutoClose private RawClient runner;

  @BeforeEach
  void start() throws IOException {
    group = RedisGroup.start(1, "--busy-reply-threshold", "100");
    group.call(group.master(), "SET", "a", "1");
    group.awaitInSync();
    ServerVersion version = ServerVersion.of(group.master());
    String server = version.isValkey() ? "Valkey" : "Redis";
    selects = version.isValkeySince(9, 1);
    busy =
        new RedisError(
            "BUSY "
                + server
                + " is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
    proxy = TestProxy.start(group, Map.of("event-loops", "1"));
    runner = proxy.connect();
  }

  private RedisError aborted() {
    return new RedisError("EXECABORT Transaction discarded because of: " + busy.message());
  }

  /** A script runs until it is killed, and clients are told that the master is busy. */
  private void keepBusy() throws IOException {
    runner.sendCommand("EVAL", "while true do end", "0");
    // The first of them may have been sent behind the script, and wait for it.
    await()
        .ignoreException(TimeoutException.class)
        .until(() -> ask("SET", "b", "1").get(500, MILLISECONDS).equals(busy));
  }

  /** Asks on a connection of its own. */
  private CompletableFuture<Object> ask(String... command) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (RawClient client = proxy.connect()) {
            return client.call(command);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        threads);
  }

  private CompletableFuture<Object> ask(RawClient client, String... command) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return client.call(command);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        threads);
  }

  private void assertKilled() throws IOException {
    assertThat(((RedisError) runner.readReply()).message()).contains("Script killed by user");
  }

  @Test
  void othersAreToldThatItIsBusyUntilTheScriptIsKilled() throws IOException {
    keepBusy();
    try (RawClient client = proxy.connect()) {
      // It declares no keys, so that it may write any.
      assertThat(client.call("GET", "a")).isEqualTo(busy);
      assertThat(client.call("INCR", "b")).isEqualTo(busy);
      assertThat(client.call("EVAL", "return 1", "0")).isEqualTo(busy);
      assertThat(client.call("FUNCTION", "STATS")).isEqualTo(busy);
      assertThat(client.call("SCRIPT", "KILL")).isEqualTo("OK");
      assertKilled();
      await().until(() -> client.call("SET", "b", "2").equals("OK"));
      assertThat(client.call("SCRIPT", "KILL"))
          .isEqualTo(new RedisError("NOTBUSY No scripts in execution right now."));
    }
  }

  @Test
  void itRemainsTheMasterWhenTheProbesFindItBusy() throws IOException {
    keepBusy();
    try (RawClient client = proxy.connect()) {
      await()
          .until(() -> client.call("PROXY", "TOPOLOGY").toString().contains("it answered -BUSY"));
      assertThat(client.call("INCR", "b")).isEqualTo(busy);
      assertThat(client.call("SCRIPT", "KILL")).isEqualTo("OK");
      assertKilled();
      await().until(() -> client.call("INCR", "c").equals(1L));
    }
  }

  @Test
  void aTransactionThatBeginsThenFailsAsAWhole() throws IOException {
    keepBusy();
    try (RawClient client = proxy.connect()) {
      assertThat(client.call("MULTI")).isEqualTo("OK");
      assertThat(client.call("INCR", "b")).isEqualTo(busy);
      assertThat(ask("SCRIPT", "KILL").join()).isEqualTo("OK");
      assertKilled();
      await().until(() -> client.call("INCR", "b").equals("QUEUED"));
      assertThat(((RedisError) client.call("EXEC")).message()).startsWith("EXECABORT");
    }
  }

  /** A connection that was made meanwhile has no number, which others need to name it by. */
  @Test
  void connectionsThatWereMadeMeanwhileAreNotKept() throws IOException {
    keepBusy();
    try (RawClient client = proxy.connect();
        RawClient other = proxy.connect()) {
      assertThat(client.call("WATCH", "a")).isEqualTo("OK");
      assertThat(client.call("UNWATCH")).isEqualTo("OK");
      assertThat(client.call("SCRIPT", "KILL")).isEqualTo("OK");
      assertKilled();
      await().until(() -> client.call("SET", "b", "2").equals("OK"));
      String id = client.call("CLIENT", "ID").toString();
      client.sendCommand("BLPOP", "list", "0");
      await().until(() -> other.call("CLIENT", "UNBLOCK", id, "ERROR").equals(1L));
      assertThat(((RedisError) client.readReply()).message()).startsWith("UNBLOCKED");
    }
  }

  /**
   * A busy node lets no new connection choose a database, and says so as to any command; but for
   * Valkey's from 9.1 on.
   */
  @ParameterizedTest
  @ValueSource(strings = {"SELECT 5", "HELLO 3;SELECT 5"})
  void clientsOfTheScriptsOwnDatabaseAreToldToo(String state) throws IOException {
    enter(runner, state);
    Queue<RawClient> clients = new ArrayDeque<>();
    for (int i = 0; i < 20; i++) {
      clients.add(enter(proxy.connect(), state));
    }
    runner.sendCommand("EVAL", "while true do end", "0");
    // The first of them may have been sent behind the script, and wait for it.
    Queue<CompletableFuture<Object>> behind = new ArrayDeque<>();
    RawClient client = await().until(() -> told(clients, behind), Objects::nonNull);
    assertThat(client.call("INCR", "c")).isEqualTo(busy);
    client.send("SET d 1\r\nGET d\r\nBLPOP d 1\r\nFUNCTION STATS\r\n");
    for (int i = 0; i < 4; i++) {
      assertThat(client.readReply()).isEqualTo(busy);
    }
    // One connection in that database has been made before: for the first SELECT.
    RawClient first = clients.remove();
    assertThat(first.call("MULTI")).isEqualTo("OK");
    assertThat(first.call("INCR", "d")).isEqualTo(busy);
    RawClient second = clients.remove();
    assertThat(second.call("MULTI")).isEqualTo("OK");
    assertThat(second.call("INCR", "d")).isEqualTo(busy);
    RawClient third = clients.remove();
    third.send("MULTI\r\nINCR d\r\nEXEC\r\nMULTI\r\nDISCARD\r\nWATCH d\r\nUNWATCH\r\nMULTI\r\n");
    assertThat(third.readReply()).isEqualTo("OK");
    assertThat(third.readReply()).isEqualTo(busy);
    assertThat(third.readReply()).isEqualTo(aborted());
    assertThat(third.readReply()).isEqualTo("OK");
    assertThat(third.readReply()).isEqualTo("OK");
    assertThat(third.readReply()).isEqualTo(selects ? "OK" : busy);
    assertThat(third.readReply()).isEqualTo("OK");
    assertThat(third.readReply()).isEqualTo("OK");
    assertThat(client.call("SCRIPT", "KILL")).isEqualTo("OK");
    assertKilled();
    await().until(() -> client.call("INCR", "d").equals(1L));
    // Where it was told so the transaction fails, however long it goes on.
    RedisError previous =
        new RedisError("EXECABORT Transaction discarded because of previous errors.");
    assertThat(second.call("EXEC")).isEqualTo(selects ? previous : aborted());
    assertThat(second.call("INCR", "d")).isEqualTo(2L);
    third.send("SET d 7\r\nDISCARD\r\nGET d\r\n");
    assertThat(third.readReply()).isEqualTo(selects ? "QUEUED" : busy);
    assertThat(third.readReply()).isEqualTo("OK");
    assertThat(third.readText()).isEqualTo("2");
    assertThat(transaction(third, "INCR", "d")).isEqualTo(List.of(3L));
    await().until(() -> behind.stream().allMatch(CompletableFuture::isDone));
    long waited = behind.stream().filter(each -> each.join() instanceof Long).count();
    assertThat(client.call("GET", "c")).isEqualTo(waited == 0 ? null : Long.toString(waited));
    assertThat(group.call(group.master(), "EXISTS", "d")).isEqualTo(0L);
    first.close();
    second.close();
    third.close();
    client.close();
    RawClient.closeAll(clients);
  }

  /** Null if none of them has been told yet that the master is busy. */
  private RawClient told(Queue<RawClient> clients, Queue<CompletableFuture<Object>> asked)
      throws Exception {
    RawClient client = clients.remove();
    CompletableFuture<Object> reply = ask(client, "INCR", "c");
    try {
      return reply.get(200, MILLISECONDS).equals(busy) ? client : null;
    } catch (TimeoutException e) {
      asked.add(reply);
      return null;
    }
  }

  private static Object transaction(RawClient client, String... command) throws IOException {
    assertThat(client.call("MULTI")).isEqualTo("OK");
    assertThat(client.call(command)).isEqualTo("QUEUED");
    return client.call("EXEC");
  }

  /** They are lost while no new one is let in. */
  @ParameterizedTest
  @ValueSource(strings = {"SELECT 5", "HELLO 3;SELECT 5", "SELECT 0"})
  void clientsAreToldAlsoWhenTheirConnectionsAreMadeAgain(String state) throws IOException {
    try (Relay relay = Relay.to(group.master().port());
        TestProxy relayed =
            TestProxy.start(Map.of("event-loops", "1"), relay.port(), group.replica(0).port());
        RawClient client = enter(relayed.connect(), state);
        RawClient direct = new RawClient(group.master().port())) {
      assertThat(client.call("INCR", "c")).isEqualTo(1L);
      direct.sendCommand("EVAL", "while true do end", "0");
      await().until(() -> isBusy(group.master()));
      relay.cut();
      // Until it is known that it is the same node.
      await().until(() -> client.call("INCR", "c").equals(busy));
      assertThat(client.call("INCR", "c")).isEqualTo(busy);
      assertThat(client.call("BLPOP", "c", "1")).isEqualTo(busy);
      assertThat(group.call(group.master(), "SCRIPT", "KILL")).isEqualTo("OK");
      await().until(() -> client.call("INCR", "c").equals(2L));
    }
  }

  private static RawClient enter(RawClient client, String state) throws IOException {
    for (String command : state.split(";")) {
      client.call(command.split(" "));
    }
    return client;
  }

  @Test
  void aReplicaIsReadFromAgainAfterAScriptOfAnotherDatabase() throws IOException {
    runner.call("SELECT", "5");
    try (RawClient client = proxy.connect()) {
      client.call("SELECT", "5");
      await().until(() -> isReadAtReplica(client));
      runner.sendCommand("EVAL_RO", "while true do end", "1", "a");
      await().until(() -> isBusy(group.replica(0)));
      await().until(() -> !isReadAtReplica(client));
      assertThat(client.call("GET", "a")).isNull();
      assertThat(group.call(group.replica(0), "SCRIPT", "KILL")).isEqualTo("OK");
      await().until(() -> isReadAtReplica(client));
      assertKilled();
    }
  }

  private boolean isBusy(RedisNode node) throws IOException {
    try (RawClient direct = new RawClient(node.port())) {
      return direct.call("SCRIPT", "EXISTS", "0").equals(busy);
    }
  }

  private static boolean isReadAtReplica(RawClient client) throws IOException {
    return client.call("PROXY", "EXPLAIN", "GET", "a").toString().contains("role, replica");
  }

  @Test
  void theScriptIsKilledFromAnyDatabaseAndWhatFollowsStaysInThatDatabase() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.call("SELECT", "5");
      keepBusy();
      client.send("SCRIPT KILL\r\nGET a\r\n");
      assertThat(client.readReply()).isEqualTo("OK");
      assertKilled();
      assertThat(client.readText()).isNotEqualTo("1");
      await().until(() -> client.call("SET", "c", "5").equals("OK"));
      assertThat(client.call("GET", "c")).isEqualTo("5");
      assertThat(group.call(group.master(), "EXISTS", "c")).isEqualTo(0L);
    }
  }
}
