package io.redisproxy.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.TestProxy;
import io.redisproxy.faults.ReplicaFault.Victim;
import io.redisproxy.fixture.LeakWatch;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;

/**
 * Many clients that check every reply, while nodes fail all the time. It takes a minute, or {@code
 * -Dsoak.seconds}: 3600 for an hour of a night; and {@code -Dsoak.seed} repeats the faults of an
 * earlier one.
 */
class SoakTest {
  private static final Logger LOG = Logger.getLogger(SoakTest.class);
  private static final int SECONDS = Integer.getInteger("soak.seconds", 60);
  private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
  private static final int CLIENTS = 24;
  private static final int TRANSACTIONS = 2;
  private static final int ABUSERS = 4;

  @Test
  void everyReplyIsRightWhileReplicasFail() throws Exception {
    soak(Math.max(1, SECONDS * 2 / 3), false);
  }

  @Test
  void everyReplyIsRightWhileTheMasterFailsToo() throws Exception {
    soak(Math.max(1, SECONDS / 3), true);
  }

  private static void soak(int seconds, boolean withMaster) throws Exception {
    LOG.infof("%d seconds, seed %d", seconds, SEED);
    List<Relay> relays = new ArrayList<>();
    // What the master has acknowledged must be there after it was killed.
    try (LeakWatch leaks = new LeakWatch();
        RedisGroup group = startGroup()) {
      relays.add(Relay.to(group.master().port()));
      group.replicas().forEach(replica -> relays.add(Relay.to(replica.port())));
      try (TestProxy proxy = start(relays)) {
        Tally tally = new Tally();
        CountDownLatch end = new CountDownLatch(1);
        List<Callable<Void>> tasks = clients(proxy.port(), end, tally);
        List<Victim> victims = new ArrayList<>();
        victims.add(new Victim(group, group.replica(0), relays.get(1)));
        victims.add(new Victim(group, group.replica(1), relays.get(2)));
        if (withMaster) {
          victims.add(new Victim(group, group.master(), relays.get(0)));
        }
        tasks.add(new Chaos(proxy, group, victims, SEED, end, tally));
        try {
          run(tasks, seconds, end, proxy);
        } finally {
          LOG.infof("seed %d: %s", SEED, tally);
        }
        if (!withMaster) {
          assertThat(tally.examples).isEmpty();
        }
        isWellAgain(proxy, group);
      }
      assertThat(leaks.reports()).isEmpty();
    } finally {
      relays.forEach(Relay::close);
    }
  }

  private static RedisGroup startGroup() {
    return RedisGroup.start(
        2,
        "--appendonly",
        "yes",
        "--appendfsync",
        "always",
        "--enable-debug-command",
        "yes",
        "--busy-reply-threshold",
        "50");
  }

  private static TestProxy start(List<Relay> relays) {
    return TestProxy.start(
        Map.of(
            // On a busy machine a master may be silent for longer than less, and a replica that is
            // detached at that moment is one that was promoted, as far as can be known.
            "probe.timeout", "1s",
            "node.reconnect-max", "200ms",
            "node.pinned-idle", "1s",
            "client.output-limit", "4M"),
        relays.get(0).port(),
        relays.get(1).port(),
        relays.get(2).port());
  }

  private static List<Callable<Void>> clients(int port, CountDownLatch end, Tally tally) {
    List<Callable<Void>> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new SoakClient(port, i, i < TRANSACTIONS, SEED, () -> end.getCount() > 0, tally));
    }
    for (int i = 0; i < ABUSERS; i++) {
      clients.add(new Abuser(port, SEED - i, () -> end.getCount() > 0, tally));
    }
    return clients;
  }

  /** Runs all for some time, or until one of them fails. */
  private static void run(
      List<Callable<Void>> tasks, int seconds, CountDownLatch end, TestProxy proxy)
      throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    ExecutorCompletionService<Void> running = new ExecutorCompletionService<>(threads);
    try {
      tasks.forEach(running::submit);
      Future<Void> failed = running.poll(seconds, TimeUnit.SECONDS);
      if (failed != null) {
        LOG.warn(state(proxy));
        failed.get();
      }
      end.countDown();
      for (int i = 0; i < tasks.size(); i++) {
        Future<Void> done = running.poll(30, TimeUnit.SECONDS);
        assertThat(done).as("all end").isNotNull();
        done.get();
      }
    } finally {
      end.countDown();
      threads.shutdownNow();
    }
  }

  private static void isWellAgain(TestProxy proxy, RedisGroup group) throws Exception {
    await("no client is left").until(() -> proxy.gauge("redis_proxy.clients") == 0);
    await("all nodes are healthy").atMost(30, TimeUnit.SECONDS).until(proxy::allHealthy);
    group.awaitInSync();
    // A probe, a sampler, two event loops with at most a few connections each, and this question's
    // own.
    await("connections of clients that are gone are closed")
        .untilAsserted(() -> assertThat(connections(group)).isLessThanOrEqualTo(9));
    try (RawClient client = proxy.connect()) {
      await()
          .untilAsserted(
              () -> {
                group.resetStats();
                for (int i = 0; i < 20; i++) {
                  assertThat(client.call("GET", "key:5:1"))
                      .isNotInstanceOf(RawClient.RedisError.class);
                  assertThat(client.call("INCR", "well")).isInstanceOf(Long.class);
                }
                assertThat(gets(group))
                    .as(() -> "at the master and the replicas; " + reasons(client))
                    .containsExactly(0L, 10L, 10L);
              });
    }
  }

  private static List<Long> gets(RedisGroup group) {
    return Stream.of(group.master(), group.replica(0), group.replica(1))
        .map(node -> group.commandCount(node, "get"))
        .toList();
  }

  /** What may tell why a client waits in vain. */
  private static String state(TestProxy proxy) {
    StringBuilder state = new StringBuilder();
    Thread.getAllStackTraces().entrySet().stream()
        .filter(each -> each.getKey().getName().startsWith("vert.x-eventloop"))
        .forEach(
            each ->
                state.append(each.getKey()).append(Arrays.toString(each.getValue())).append('\n'));
    proxy
        .scrape()
        .lines()
        .filter(line -> line.startsWith("redis_proxy_clients_closed_total"))
        .forEach(line -> state.append(line).append('\n'));
    try (RawClient client = proxy.connect()) {
      state.append(reasons(client)).append('\n').append(client.call("CLIENT", "LIST"));
    } catch (IOException e) {
      state.append(e);
    }
    return state.toString();
  }

  /** Why reads go where they do. */
  private static String reasons(RawClient client) {
    try {
      return client.call("PROXY", "EXPLAIN", "GET", "key:5:1")
          + ", "
          + client.call("PROXY", "TOPOLOGY");
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static long connections(RedisGroup group) {
    return group.replicas().stream()
        .mapToLong(node -> connections(group, node))
        .reduce(connections(group, group.master()), Math::max);
  }

  private static long connections(RedisGroup group, RedisNode node) {
    return ((String) group.call(node, "CLIENT", "LIST", "TYPE", "normal")).lines().count();
  }
}
