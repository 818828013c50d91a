package io.redisproxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.resolver.HostsFileEntriesResolver;
import io.redisproxy.fixture.FakeDns;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a DNS server, and a hosts file, of this test's own. */
class NodeNamesTest {
  private static final String NAME = "node.test";

  @TempDir private Path folder;
  private Path hosts;
  @AutoClose private final FakeDns dns = new FakeDns();
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final Context context = vertx.getOrCreateContext();
  private NodeNames names;

  @BeforeEach
  void start() throws IOException {
    hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 localhost\n");
    CompletableFuture<NodeNames> made = new CompletableFuture<>();
    context.runOnContext(
        nothing -> {
          NodeConnector connector =
              new NodeConnector(
                  vertx,
                  new NodeConnector.Options(
                      Duration.ofSeconds(1),
                      Duration.ofSeconds(10),
                      List.of(dns.address()),
                      this::readHosts),
                  new ConnectionLimit(Integer.MAX_VALUE));
          made.complete(new NodeNames(connector::lookUp));
        });
    names = made.join();
  }

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void anAddressStandsForItself() {
    assertThat(address("127.0.0.9")).succeedsWithin(Duration.ofSeconds(9)).isEqualTo("127.0.0.9");
    assertThat(address("::1")).succeedsWithin(Duration.ofSeconds(9)).isEqualTo("::1");
    assertThat(dns.questions()).isZero();
  }

  @Test
  void anAnswerCountsForAsLongAsItSays() {
    dns.put(NAME, 2, "10.0.0.1");
    // One question for both, who ask before it is answered.
    CompletableFuture<String> first = address(NAME);
    assertThat(address(NAME)).succeedsWithin(Duration.ofSeconds(9)).isEqualTo("10.0.0.1");
    assertThat(first).succeedsWithin(Duration.ofSeconds(9)).isEqualTo("10.0.0.1");
    dns.put(NAME, 2, "10.0.0.2");
    assertThat(address(NAME)).succeedsWithin(Duration.ofSeconds(9)).isEqualTo("10.0.0.1");
    assertThat(dns.questions()).isEqualTo(1);

    awaitAddress("10.0.0.2");
    assertThat(dns.questions()).isEqualTo(2);
  }

  @Test
  void anAddressWhereNobodyIsIsAskedForSooner() {
    dns.put(NAME, 3600, "10.0.0.1");
    awaitAddress("10.0.0.1");
    dns.put(NAME, 3600, "10.0.0.2");
    context.runOnContext(nothing -> names.onUnreachable(NAME, "10.0.0.1"));
    awaitAddress("10.0.0.2");
  }

  @Test
  void ofSeveralAddressesTheOneWhereSomebodyIsIsKept() {
    dns.put(NAME, 0, "10.0.0.1", "10.0.0.2", "10.0.0.3");
    awaitAddress("10.0.0.1");
    for (int i = 0; i < 3; i++) {
      // Who has tried the same tells the same.
      context.runOnContext(nothing -> names.onUnreachable(NAME, "10.0.0.1"));
    }
    int before = dns.questions();
    await()
        .until(
            () -> {
              assertThat(address(NAME)).succeedsWithin(Duration.ofSeconds(9)).isEqualTo("10.0.0.2");
              return dns.questions() > before;
            });
    assertThat(address(NAME)).succeedsWithin(Duration.ofSeconds(9)).isEqualTo("10.0.0.2");

    dns.put(NAME, 0, "10.0.0.1", "10.0.0.3");
    awaitAddress("10.0.0.1");
  }

  @Test
  void aNameThatIsGoneLeadsWhereItDid() {
    dns.put(NAME, 0, "10.0.0.1");
    awaitAddress("10.0.0.1");
    dns.remove(NAME);
    int before = dns.questions();
    await()
        .until(
            () -> {
              assertThat(address(NAME)).succeedsWithin(Duration.ofSeconds(9)).isEqualTo("10.0.0.1");
              return dns.questions() > before;
            });
    // As soon as there is an answer, that counts.
    dns.put(NAME, 0, "10.0.0.2");
    awaitAddress("10.0.0.2");
  }

  @Test
  void aSilentDnsServerIsNotWaitedForIfTheAddressIsKnown() {
    dns.put(NAME, 0, "10.0.0.1");
    awaitAddress("10.0.0.1");
    dns.silent(true);
    int before = dns.questions();
    await()
        .until(
            () -> {
              // A question takes the resolver five seconds at least.
              assertThat(address(NAME)).succeedsWithin(Duration.ofSeconds(4)).isEqualTo("10.0.0.1");
              return dns.questions() > before;
            });
    dns.put(NAME, 0, "10.0.0.2");
    dns.silent(false);
    await().atMost(Duration.ofSeconds(30)).until(() -> "10.0.0.2".equals(address(NAME).join()));
  }

  @Test
  void whatWasNeverKnownIsUnknown() {
    assertThat(address(NAME))
        .failsWithin(Duration.ofSeconds(9))
        .withThrowableThat()
        .withCauseInstanceOf(UnknownHostException.class);
  }

  @Test
  void theHostsFileIsReadAgain() throws IOException {
    Files.writeString(hosts, "10.0.0.1 " + NAME + "\n");
    awaitAddress("10.0.0.1");
    Files.writeString(hosts, "10.0.0.2 " + NAME + "\n");
    awaitAddress("10.0.0.2");
    assertThat(dns.questions()).isZero();

    Files.writeString(hosts, "");
    dns.put(NAME, 60, "10.0.0.3");
    awaitAddress("10.0.0.3");
  }

  private void awaitAddress(String wanted) {
    await().until(() -> wanted.equals(address(NAME).join()));
  }

  private CompletableFuture<String> address(String host) {
    CompletableFuture<String> found = new CompletableFuture<>();
    context.runOnContext(
        nothing ->
            names.address(host).onSuccess(found::complete).onFailure(found::completeExceptionally));
    return found;
  }

  private HostsFileEntriesResolver readHosts() {
    try {
      var entries = HostsFileEntriesProvider.parser().parse(hosts.toFile()).ipv4Entries();
      return (name, types) -> {
        List<InetAddress> found = entries.get(name);
        return found == null ? null : found.get(0);
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
