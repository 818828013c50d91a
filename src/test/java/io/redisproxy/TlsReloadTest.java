package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.dev.FreePorts;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.TestCa;
import io.redisproxy.fixture.TlsClients;
import io.redisproxy.metrics.ReloadResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates are exchanged, and TLS is turned on, under clients that are in the middle of it. */
class TlsReloadTest {
  private static final int CLIENTS = 40;
  private static final String CERTIFICATE = "redis_proxy.tls.certificate.expiry.timestamp";

  @AutoClose private static RedisGroup group;

  @TempDir Path folder;
  private final int port = FreePorts.next();
  private final AtomicInteger connected = new AtomicInteger();
  private TestCa ca;
  private SSLContext trusting;

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(1);
  }

  @AfterEach
  void empty() {
    group.flushAll();
  }

  @BeforeEach
  void makeCa() {
    ca = new TestCa(folder, "ca");
    trusting = ca.client(null);
  }

  @Test
  void newConnectionsGetTheNewCertificateAndOldOnesStay() throws Exception {
    Path file = Files.writeString(folder.resolve("listeners.json"), listener(port, true));
    mount(ca.issue("0"));
    try (TestProxy proxy = TestProxy.startFrom(file, Map.of());
        CountingClients clients = new CountingClients(CLIENTS, () -> connect(port))) {
      for (int i = 1; i <= 10; i++) {
        long before = clients.replies();
        await().until(() -> clients.replies() > before + CLIENTS);
        TestCa.Issued next = ca.issue("" + i, i == 5 ? "RSA" : "EC");
        mount(next);
        await().until(() -> TlsClients.shown(port, trusting).equals(next.certificate()));
        assertThat(proxy.gauge(CERTIFICATE)).isEqualTo(endOf(next));
        assertThat(clients.errors()).isEmpty();
      }
      assertThat(clients.ends()).isZero();
      assertThat(proxy.lastReload().lines()).containsExactly("listener " + port + ": new tls");

      // A certificate without its key is not taken.
      Certificate shown = TlsClients.shown(port, trusting);
      TestCa.Issued last = ca.issue("last");
      mount(ca.issue("wrong").certificateFile(), last.keyFile());
      await().until(() -> proxy.lastReload().result() == ReloadResult.REFUSED);
      assertThat(proxy.lastReload().lines().get(0))
          .startsWith("listeners[0].tls.keyFile: the key is not that of the certificate");
      assertThat(TlsClients.shown(port, trusting)).isEqualTo(shown);
      mount(last);
      await().until(() -> TlsClients.shown(port, trusting).equals(last.certificate()));
      assertThat(proxy.gauge(CERTIFICATE)).isEqualTo(endOf(last));
      assertThat(clients.errors()).isEmpty();
      assertThat(clients.ends()).isZero();
    }
  }

  @Test
  void clientsWithoutTlsAreLetGoWhenItIsTurnedOn() throws Exception {
    Path file = Files.writeString(folder.resolve("listeners.json"), listener(port, false));
    mount(ca.issue("0"));
    try (TestProxy proxy = TestProxy.startFrom(file, Map.of());
        RawClient plain = new RawClient(port)) {
      assertThat(plain.call("PING")).isEqualTo("PONG");
      Files.writeString(file, listener(port, true));
      awaitTls(proxy, true);

      assertThat(plain.readToEnd()).isEmpty();
      try (RawClient secured = connect(port)) {
        assertThat(secured.call("SET", "secured", "1")).isEqualTo("OK");
        Files.writeString(file, listener(port, false));
        awaitTls(proxy, false);
        assertThat(proxy.registry().find(CERTIFICATE).gauges()).isEmpty();
        assertThat(secured.readToEnd()).isEmpty();
      }
      try (RawClient again = new RawClient(port)) {
        assertThat(again.call("GET", "secured")).isEqualTo("1");
        // The listener is another one, what is counted of it goes on.
        double rounds = proxy.counted("redis_proxy.rounds");
        await()
            .until(
                () -> {
                  again.call("SET", "secured", "2");
                  assertThat(again.call("GET", "secured")).isEqualTo("2");
                  return proxy.counted("redis_proxy.rounds") > rounds;
                });
      }
      assertThat(proxy.lastReload().result()).isEqualTo(ReloadResult.APPLIED);
    }
  }

  @Test
  void aDrainLosesNoReply() throws Exception {
    Path file = Files.writeString(folder.resolve("listeners.json"), listener(port, true));
    mount(ca.issue("0"));
    AtomicInteger current = new AtomicInteger(port);
    TestProxy proxy = TestProxy.startFrom(file, Map.of());
    try (CountingClients clients = new CountingClients(CLIENTS, () -> connect(current.get()))) {
      for (int i = 0; i < 4; i++) {
        long before = clients.replies();
        await()
            .until(
                () -> {
                  assertThat(clients.errors()).isEmpty();
                  return clients.replies() > before + 5L * CLIENTS;
                });
        TestProxy drained = proxy;
        int next = FreePorts.next();
        Path another = Files.writeString(folder.resolve(next + ".json"), listener(next, true));
        proxy = TestProxy.startFrom(another, Map.of());
        current.set(next);
        assertThat(drained.drain()).succeedsWithin(20, TimeUnit.SECONDS);
        drained.close();
        assertThat(clients.errors()).isEmpty();
      }
      assertThat(clients.ends()).isGreaterThan(2L * CLIENTS);
    } finally {
      proxy.close();
    }
  }

  /** The first time that a JVM makes use of TLS it takes its time. */
  private static void awaitTls(TestProxy proxy, boolean secured) {
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> proxy.listeners().get(0).tls().isPresent() == secured);
  }

  /** Half of them with each version of TLS. */
  private RawClient connect(int to) throws IOException {
    return TlsClients.connect(
        to, trusting, connected.getAndIncrement() % 2 == 0 ? "TLSv1.3" : "TLSv1.2");
  }

  private void mount(TestCa.Issued issued) throws IOException {
    mount(issued.certificateFile(), issued.keyFile());
  }

  /** As the kubelet exchanges the files of a Secret: all at once. */
  private void mount(Path certificate, Path key) throws IOException {
    Path data = Files.createTempDirectory(folder, "data");
    Files.copy(certificate, data.resolve("tls.crt"));
    Files.copy(key, data.resolve("tls.key"));
    Path link = Files.createSymbolicLink(folder.resolve("next"), data);
    Files.move(link, folder.resolve("mounted"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static String listener(int listen, boolean secured) {
    return """
        [ { "listen": %d, "master": { "host": "127.0.0.1", "port": %d },
            "slave": [ { "host": "127.0.0.1", "port": %d } ] %s } ]
        """
        .formatted(
            listen,
            group.master().port(),
            group.replica(0).port(),
            secured
                ? """
                  , "tls": { "certificateFile": "mounted/tls.crt", "keyFile": "mounted/tls.key" }
                  """
                : "");
  }

  private static double endOf(TestCa.Issued issued) {
    return issued.certificate().getNotAfter().toInstant().getEpochSecond();
  }
}
