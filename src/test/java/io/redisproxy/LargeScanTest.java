package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Iterations over a million keys, and over a large hash, by a pool of connections. */
class LargeScanTest {
  private static final int KEYS = 1_000_000;
  private static final int FIELDS = 100_000;
  private static final int CONNECTIONS = 8;
  private static final int BATCH = 1000;

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private final Opened<RawClient> clients = new Opened<>();

  @BeforeAll
  static void start() throws IOException {
    group = RedisGroup.start(3, "--enable-debug-command", "yes");
    // It is not replicated.
    Stream.concat(Stream.of(group.master()), group.replicas().stream())
        .forEach(node -> group.call(node, "DEBUG", "POPULATE", "" + KEYS, "k"));
    try (RawClient master = new RawClient(group.master().port())) {
      for (int i = 0; i < FIELDS; i += BATCH) {
        master.call(hset(i));
      }
    }
    group.awaitInSync();
    proxy = TestProxy.start(group);
  }

  private static String[] hset(int from) {
    String[] request = new String[2 + 2 * BATCH];
    request[0] = "HSET";
    request[1] = "hash";
    for (int i = 0; i < BATCH; i++) {
      request[2 + 2 * i] = "f:" + (from + i);
      request[3 + 2 * i] = "v";
    }
    return request;
  }

  @BeforeEach
  void connect() throws IOException {
    group.resetStats();
    for (int i = 0; i < CONNECTIONS; i++) {
      clients.add(proxy.connect());
    }
    // An iteration that begins at the master stays there.
    for (RawClient client : clients) {
      await().until(() -> isAnsweredByReplica(client, "DBSIZE"));
    }
  }

  private static boolean isAnsweredByReplica(RawClient client, String command) throws IOException {
    long before = calls(group.replicas(), command);
    client.call(command);
    return calls(group.replicas(), command) > before;
  }

  @Test
  void everyOneOfAMillionKeysIsFoundWhileOthersAreWritten() throws IOException {
    assertThat(found("k:", 1, 1, "SCAN", "0", "COUNT", "2000").cardinality()).isEqualTo(KEYS);
    assertThat(calls(group.replicas(), "scan")).isGreaterThan(KEYS / 2000 / 2);
    assertThat(calls(List.of(group.master()), "scan")).isZero();
  }

  @Test
  void everyOneOfAHundredThousandFieldsIsFound() throws IOException {
    assertThat(found("f:", 2, 2, "HSCAN", "hash", "0", "COUNT", "500").cardinality())
        .isEqualTo(FIELDS);
    assertThat(calls(List.of(group.master()), "hscan")).isZero();
  }

  private static long calls(List<RedisNode> nodes, String command) {
    return nodes.stream()
        .mapToLong(node -> group.commandCount(node, command.toLowerCase(Locale.ROOT)))
        .sum();
  }

  /**
   * The numbers behind the prefix; each request goes over the next connection. Nothing is written
   * just before the first, which would take it to the master.
   */
  private BitSet found(String prefix, int at, int step, String... request) throws IOException {
    BitSet found = new BitSet();
    int calls = 0;
    do {
      RawClient client = clients.get(calls++ % CONNECTIONS);
      List<?> reply = (List<?>) client.call(request);
      clients.get(calls % CONNECTIONS).call("SET", "other:" + calls, "v");
      request[at] = (String) reply.get(0);
      List<?> elements = (List<?>) reply.get(1);
      for (int i = 0; i < elements.size(); i += step) {
        String element = (String) elements.get(i);
        if (element.startsWith(prefix)) {
          found.set(Integer.parseInt(element.substring(prefix.length())));
        }
      }
    } while (!request[at].equals("0"));
    return found;
  }
}
