package io.redisproxy.client;

import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * The proxy in front of a master with two replicas, for client libraries that do their special work
 * through it; and what is the same for all of them.
 */
abstract class ClientTest {
  static final String HOST = "127.0.0.1";

  /** More than a server packs into one piece, so that a scan of them takes many pages. */
  static final int ELEMENTS = 2000;

  static final int SECONDS = 10;

  /** Writes one value if the other is there, as a lock or an optimistic update does. */
  static final String COMPARE_AND_SET =
      "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2]) return 1 end"
          + " return 0";

  /** A library with a function that writes and one that only reads. */
  static final String LIBRARY =
      """
      #!lua name=orders
      local function place(keys, args) return redis.call('RPUSH', keys[1], unpack(args)) end
      local function count(keys, args) return redis.call('LLEN', keys[1]) end
      redis.register_function('place', place)
      redis.register_function{function_name='count', callback=count, flags={'no-writes'}}
      """;

  @AutoClose static RedisGroup group;
  @AutoClose static TestProxy proxy;

  @AutoClose("shutdownNow")
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(2);
    proxy = TestProxy.start(group);
  }

  @BeforeEach
  void emptyServers() {
    group.flushAll();
  }

  final <T> Future<T> inBackground(Callable<T> task) {
    return threads.submit(task);
  }

  /** Waits until as many clients are blocked at the nodes, whichever they are. */
  static void awaitBlocked(int clients) {
    soon()
        .until(
            () ->
                blocked(group.master())
                        + group.replicas().stream().mapToLong(ClientTest::blocked).sum()
                    == clients);
  }

  /** Looks at once, and then often. */
  static ConditionFactory soon() {
    return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(10));
  }

  private static long blocked(RedisNode node) {
    String info = (String) group.call(node, "INFO", "clients");
    return Long.parseLong(info.replaceAll("(?s).*blocked_clients:(\\d+).*", "$1"));
  }

  /** {@link #ELEMENTS} different names. */
  static Set<String> names(String prefix) {
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < ELEMENTS; i++) {
      names.add(prefix + i);
    }
    return names;
  }

  static String[] array(Stream<String> elements) {
    return elements.toArray(String[]::new);
  }
}
