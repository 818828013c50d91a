package io.redisproxy.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.NodeAddress;
import io.redisproxy.fixture.FakeDns;
import io.redisproxy.upstream.ConnectionLimit;
import io.redisproxy.upstream.NodeConnector;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** With a DNS server of this test's own. */
class DnsWatchTest {
  private static final NodeAddress MASTER = new NodeAddress("10.0.0.1", 6379);
  private static final NodeAddress REPLICAS = new NodeAddress("replicas.test", 6380);

  @AutoClose private final FakeDns dns = new FakeDns();
  private final Vertx vertx = Vertx.vertx();
  private final Context context = vertx.getOrCreateContext();
  private final ListedNames listed = new ListedNames();
  private final List<List<NodeAddress>> told = new CopyOnWriteArrayList<>();
  private DnsWatch watch;

  @AfterEach
  void stop() {
    context.runOnContext(nothing -> watch.close());
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void aNameWithSeveralAddressesIsAsManyReplicas() {
    dns.put("replicas.test", 60, "10.0.0.2", "10.0.0.3", "10.0.0.4");
    watch(MASTER, REPLICAS);

    await().until(() -> !told.isEmpty());
    assertThat(told).containsExactly(nodes("10.0.0.2", "10.0.0.3", "10.0.0.4"));
    assertThat(listed.listed(new NodeAddress("10.0.0.3", 6380))).isEqualTo(REPLICAS);
    assertThat(listed.listed(MASTER)).isEqualTo(MASTER);
  }

  @Test
  void itIsLookedUpAgainWhenItsTimeIsOver() {
    dns.put("replicas.test", 2, "10.0.0.2", "10.0.0.3");
    watch(MASTER, REPLICAS);
    await().until(() -> told.size() == 1);

    dns.put("replicas.test", 60, "10.0.0.3", "10.0.0.4");
    // Not before the two seconds are over.
    await().during(Duration.ofSeconds(1)).until(() -> dns.questions() == 1);
    await().until(() -> told.size() == 2);
    assertThat(told.get(1)).isEqualTo(nodes("10.0.0.3", "10.0.0.4"));
    assertThat(dns.questions()).isEqualTo(2);
  }

  @Test
  void aNameWithOneAddressStaysANameUntilThatChanges() {
    dns.put("replicas.test", 1, "10.0.0.2");
    watch(MASTER, REPLICAS);
    await().until(() -> dns.questions() > 1);
    assertThat(told).isEmpty();

    dns.put("replicas.test", 1, "10.0.0.3");
    await().until(() -> !told.isEmpty());
    dns.put("replicas.test", 1, "10.0.0.3", "10.0.0.4");
    await().until(() -> told.size() == 2);
    dns.put("replicas.test", 1, "10.0.0.3");
    await().until(() -> told.size() == 3);
    assertThat(told)
        .containsExactly(nodes("10.0.0.3"), nodes("10.0.0.3", "10.0.0.4"), nodes("10.0.0.3"));
  }

  @Test
  void whatCanNotBeFoundChangesNothing() {
    dns.put("replicas.test", 1, "10.0.0.2", "10.0.0.3");
    watch(Duration.ofMillis(200), MASTER, REPLICAS);
    await().until(() -> told.size() == 1);

    dns.remove("replicas.test");
    int before = dns.questions();
    await().until(() -> dns.questions() > before + 2);
    dns.silent(true);
    int heard = dns.questions();
    await().until(() -> dns.questions() > heard);
    assertThat(told).hasSize(1);

    dns.put("replicas.test", 1, "10.0.0.2");
    dns.silent(false);
    await().atMost(Duration.ofSeconds(30)).until(() -> told.size() == 2);
    assertThat(told.get(1)).isEqualTo(nodes("10.0.0.2"));
  }

  @Test
  void aServerIsNotTwoForHavingTwoNames() {
    dns.put("master.test", 60, "10.0.0.2");
    dns.put("other.test", 60, "10.0.0.3");
    NodeAddress master = new NodeAddress("master.test", 6380);
    NodeAddress other = new NodeAddress("other.test", 6380);
    dns.put("replicas.test", 60, "10.0.0.2", "10.0.0.3", "10.0.0.4");
    watch(master, REPLICAS, other);

    List<NodeAddress> wanted = List.of(master, new NodeAddress("10.0.0.4", 6380), other);
    await().until(() -> told.contains(wanted));
  }

  @Test
  void aMasterThatMovesIsAnotherNode() {
    dns.put("master.test", 1, "10.0.0.2");
    NodeAddress master = new NodeAddress("master.test", 6379);
    watch(master, new NodeAddress("10.0.0.9", 6379));
    await().until(() -> dns.questions() > 0);

    dns.put("master.test", 1, "10.0.0.3");
    await().until(() -> !told.isEmpty());
    NodeAddress moved = new NodeAddress("10.0.0.3", 6379);
    assertThat(told).containsExactly(List.of(moved, new NodeAddress("10.0.0.9", 6379)));
    assertThat(listed.listed(moved)).isEqualTo(master);
  }

  @Test
  void oneNameMayStandForTheMasterAndItsReplicas() {
    dns.put("replicas.test", 60, "10.0.0.2", "10.0.0.3");
    watch(REPLICAS);
    await().until(() -> !told.isEmpty());
    assertThat(told)
        .containsExactly(
            List.of(new NodeAddress("10.0.0.2", 6380), new NodeAddress("10.0.0.3", 6380)));
  }

  @Test
  void addressesAreNotLookedUp() {
    assertThat(DnsWatch.isNeeded(List.of(MASTER, new NodeAddress("::1", 6379)))).isFalse();
    assertThat(DnsWatch.isNeeded(List.of(MASTER, REPLICAS))).isTrue();
    // It is in the hosts file of every system, so that no server is asked.
    dns.put("replicas.test", 60, "10.0.0.2", "10.0.0.3");
    watch(Duration.ofMillis(100), MASTER, REPLICAS, new NodeAddress("localhost", 6379));
    await().until(() -> !told.isEmpty());
    await().during(Duration.ofMillis(500)).until(() -> dns.questions() == 1);
  }

  private void watch(NodeAddress... nodes) {
    watch(Duration.ofSeconds(30), nodes);
  }

  private void watch(Duration interval, NodeAddress... nodes) {
    context.runOnContext(
        nothing -> {
          watch =
              new DnsWatch(
                  "6380",
                  List.of(nodes),
                  listed,
                  new NodeConnector(
                      vertx,
                      new NodeConnector.Options(
                          Duration.ofSeconds(1), Duration.ofSeconds(10), List.of(dns.address())),
                      new ConnectionLimit(Integer.MAX_VALUE)),
                  interval);
          watch.start(
              (all, master, zones) -> {
                // At once come those that are listed.
                if (!told.isEmpty() || !all.equals(List.of(nodes))) {
                  told.add(all);
                }
              });
        });
  }

  /** The master, and the replicas of that name. */
  private static List<NodeAddress> nodes(String... addresses) {
    return Stream.concat(
            Stream.of(MASTER), Stream.of(addresses).map(each -> new NodeAddress(each, 6380)))
        .toList();
  }
}
