package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SCAN and its kin find everything, over whichever connection the cursor comes back. */
class CursorTest {
  /** {@code -Dcursor.elements=100000} for a long run. */
  private static final int ELEMENTS = Integer.getInteger("cursor.elements", 20_000);

  private static final int CONNECTIONS = 8;

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private final Opened<RawClient> clients = new Opened<>();

  @BeforeAll
  static void start() throws IOException {
    group = RedisGroup.start(3);
    proxy = TestProxy.start(group);
    try (RawClient master = new RawClient(group.master().port())) {
      for (int i = 0; i < ELEMENTS; i++) {
        master.send(
            "SET k"
                + i
                + " v\r\nHSET h f"
                + i
                + " v\r\nSADD s m"
                + i
                + "\r\nZADD z 1 m"
                + i
                + "\r\n");
        for (int reply = 0; reply < 4; reply++) {
          master.readReply();
        }
      }
    }
    group.awaitInSync();
  }

  @BeforeEach
  void connect() throws IOException {
    for (int i = 0; i < CONNECTIONS; i++) {
      clients.add(proxy.connect());
    }
    await().until(proxy::allHealthy);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SCAN 0 MATCH k* COUNT 500",
        "SCAN 0 TYPE string MATCH k* COUNT 300",
        "HSCAN h 0 COUNT 500",
        "SSCAN s 0 COUNT 500",
        "ZSCAN z 0 MATCH m* COUNT 500"
      })
  void everyElementIsFoundWhileOtherKeysAreWritten(String line) throws IOException {
    for (int protocol : new int[] {2, 3}) {
      for (RawClient client : clients) {
        client.call("HELLO", "" + protocol);
      }
      Set<Object> found = new HashSet<>();
      String[] request = line.split(" ");
      int at = request[0].equals("SCAN") ? 1 : 2;
      int step = request[0].startsWith("H") || request[0].startsWith("Z") ? 2 : 1;
      int calls = 0;
      do {
        RawClient client = clients.get(calls++ % CONNECTIONS);
        clients.get(calls % CONNECTIONS).call("SET", "other" + calls, "v");
        List<?> reply = (List<?>) client.call(request);
        request[at] = (String) reply.get(0);
        assertThat(Long.parseLong(request[at])).isLessThan(1L << 53);
        List<?> elements = (List<?>) reply.get(1);
        IntStream.iterate(0, i -> i < elements.size(), i -> i + step)
            .forEach(i -> found.add(elements.get(i)));
      } while (!request[at].equals("0"));
      assertThat(calls).isGreaterThan(10);
      assertThat(found).hasSize(ELEMENTS);
    }
  }

  @Test
  void iterationsThatBeginTogetherAreSpreadOverTheReplicas() throws IOException {
    Set<Long> nodes = new HashSet<>();
    for (int i = 0; i < 12; i++) {
      nodes.add(Long.parseLong(cursor(clients.get(0))) >>> 36);
    }
    assertThat(nodes).hasSize(3).doesNotContain(0L);
  }

  @Test
  void whatHoldsAConnectionAtTheMasterDoesNotChangeWhereACursorLeads() throws IOException {
    RawClient client = clients.get(0);
    String cursor = cursor(client);
    Object direct = client.call("SCAN", cursor, "COUNT", "10");
    client.call("WATCH", "k1");
    assertThat(client.call("SCAN", cursor, "COUNT", "10")).isEqualTo(direct);
    client.send("RPUSH l x\r\nBLPOP l 0\r\nSCAN " + cursor + " COUNT 10\r\n");
    client.readText();
    client.readText();
    assertThat(client.readText()).isEqualTo(direct);
    client.call("UNWATCH");
    client.send("RPUSH l x\r\nBLPOP l 0\r\nSCAN " + cursor + " COUNT 10\r\n");
    client.readText();
    client.readText();
    assertThat(client.readText()).isEqualTo(direct);
  }

  @Test
  void aTransactionTakesCursorsOfTheMasterOnly() throws IOException {
    RawClient client = clients.get(0);
    String cursor = cursor(client);
    client.call("MULTI");
    assertThat(client.call("SCAN", "0", "COUNT", "10")).isEqualTo("QUEUED");
    List<?> replies = (List<?>) client.call("EXEC");
    String ofMaster = (String) ((List<?>) replies.get(0)).get(0);
    assertThat(Long.parseLong(ofMaster)).isLessThan(1L << 36);
    assertThat((List<?>) client.call("SCAN", ofMaster)).hasSize(2);
    client.call("MULTI");
    assertThat(((RedisError) client.call("SCAN", cursor)).message()).contains("cursor");
    assertThat(((RedisError) client.call("EXEC")).message()).startsWith("EXECABORT");
  }

  @Test
  void aLargeRequestStaysAtTheMasterAndDoesNotTakeACursorOfAReplica() throws IOException {
    RawClient client = clients.get(0);
    String large = "[" + "k".repeat(100_000) + "]1*";
    Set<Object> found = new HashSet<>();
    String cursor = "0";
    do {
      List<?> reply = (List<?>) client.call("SCAN", cursor, "COUNT", "5000", "MATCH", large);
      cursor = (String) reply.get(0);
      assertThat(Long.parseLong(cursor)).isLessThan(1L << 36);
      found.addAll((List<?>) reply.get(1));
    } while (!cursor.equals("0"));
    assertThat(found).contains("k1", "k10").doesNotContain("k2");
    String key = "h".repeat(100_000);
    client.call("HSET", key, "f", "v");
    assertThat(client.call("HSCAN", key, "0")).isEqualTo(List.of("0", List.of("f", "v")));
    client.call("DEL", key);
    assertThat(((List<?>) client.call("SCAN", "0", "COUNT", "10"))).hasSize(2);

    client.sendCommand("SCAN", cursor(client), "MATCH", large);
    assertThat(client.readToEnd()).startsWith("-ERR redis-proxy: so large a request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HSCAN k1 0",
        "SCAN x",
        "SCAN",
        "SSCAN s",
        "SCAN 0 COUNT 0",
        "SCAN -1",
        "ZSCAN nosuch 0",
        "SCAN 99999999999999999999",
        "SCAN 0 NOSUCH",
        "HSCAN h +0"
      })
  void mistakesAreAnsweredAsAtAServer(String line) throws IOException {
    try (RawClient master = new RawClient(group.master().port())) {
      assertThat(clients.get(0).call(line.split(" "))).isEqualTo(master.call(line.split(" ")));
    }
  }

  @Test
  void aCursorOfAReplicaThatWasRestartedIsRefused() throws IOException {
    String cursor = cursor(clients.get(0));
    int replica = (int) ((Long.parseLong(cursor) >>> 36) & 31) - 1;
    String other = cursor(clients.get(1));
    group.replica(replica).kill();
    await().until(() -> !proxy.isReadable(replica));
    assertIsRefused(cursor);
    group.replica(replica).restart();
    group.awaitInSync();
    await().until(proxy::allHealthy);
    assertIsRefused(cursor);
    if ((int) ((Long.parseLong(other) >>> 36) & 31) - 1 != replica) {
      assertThat((List<?>) clients.get(2).call("SCAN", other)).hasSize(2);
    }
    assertIsRefused("" + (1L << 52 | 7L << 36));
    assertIsRefused("" + ((1L << 53) - 1));
  }

  private void assertIsRefused(String cursor) throws IOException {
    assertThat(((RedisError) clients.get(2).call("SCAN", cursor)).message())
        .isEqualTo(
            "ERR redis-proxy: the node that gave cursor "
                + cursor
                + " is gone or was restarted; begin again with cursor 0");
  }

  /** One that a replica gave: after a write an iteration may begin at the master. */
  private static String cursor(RawClient client) {
    return await()
        .until(
            () -> (String) ((List<?>) client.call("SCAN", "0", "COUNT", "10")).get(0),
            given -> Long.parseLong(given) >= 1L << 36);
  }
}
