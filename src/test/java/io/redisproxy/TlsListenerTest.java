package io.redisproxy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.redisproxy.config.ClientAuth;
import io.redisproxy.config.ConfigLoader;
import io.redisproxy.config.ListenerTls;
import io.redisproxy.config.TlsIdentity;
import io.redisproxy.config.TlsProtocol;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.SlowSocket;
import io.redisproxy.fixture.TestCa;
import io.redisproxy.fixture.TlsClients;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/** Clients that connect by TLS, and those that don't where they have to. */
class TlsListenerTest {
  private static final Map<String, String> SETTINGS = Map.of("client.output-limit", "1M");

  @TempDir static Path folder;

  @AutoClose private static RedisGroup group;
  private static TestCa ca;

  private TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    ca = new TestCa(folder, "ca");
    ca.issue("server");
  }

  @AfterEach
  void closeProxy() {
    if (proxy != null) {
      proxy.close();
    }
  }

  @Test
  void jedisConnects() {
    serve("");
    DefaultJedisClientConfig config =
        DefaultJedisClientConfig.builder()
            .ssl(true)
            .sslSocketFactory(ca.client(null).getSocketFactory())
            .build();

    try (Jedis jedis = new Jedis(new HostAndPort("localhost", proxy.port()), config)) {
      jedis.set("jedis", "here");
      assertThat(jedis.get("jedis")).isEqualTo("here");
      try (var transaction = jedis.multi()) {
        transaction.incr("jedis:count");
        assertThat(transaction.exec()).containsExactly(1L);
      }
    }
  }

  @Test
  void lettuceConnectsWithACertificateOfItsOwn() {
    serve(", 'caFile': 'ca.crt'");
    TestCa.Issued own = ca.issue("lettuce");
    RedisClient client =
        RedisClient.create(
            RedisURI.builder().withHost("localhost").withPort(proxy.port()).withSsl(true).build());
    client.setOptions(
        ClientOptions.builder()
            .sslOptions(
                SslOptions.builder()
                    .jdkSslProvider()
                    .trustManager(ca.file().toFile())
                    .keyManager(own.certificateFile().toFile(), own.keyFile().toFile(), null)
                    .build())
            .build());

    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      connection.sync().set("lettuce", "here");
      assertThat(connection.sync().get("lettuce")).isEqualTo("here");
    } finally {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
  }

  /** All that is sent is answered, also if the client has no more to say. */
  @Test
  void aClientThatSaysGoodbyeIsAnsweredSo() throws Exception {
    serve("");
    Socket below =
        new Socket(InetAddress.getLoopbackAddress(), proxy.port()) {
          @Override
          public void shutdownOutput() {
            // It is TLS alone that is to be ended.
          }
        };
    below.setSoTimeout(10_000);
    try (SSLSocket client = TlsClients.secure(below, ca.client(null), "TLSv1.3")) {
      client.getOutputStream().write(RawClient.request("PING"));
      client.shutdownOutput();
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("+PONG\r\n");
    }
  }

  @Test
  void aClientThatHasEndedItsInputIsAnswered() throws Exception {
    serve("");
    try (RawClient client = connect("TLSv1.3")) {
      client.send(RawClient.requests("SET half closed", "GET half", "INCR half:count"));
      client.shutdownOutput();

      assertThat(client.readText()).isEqualTo("OK");
      assertThat(client.readText()).isEqualTo("closed");
      assertThat(client.readText()).isEqualTo(1L);
      assertThat(client.closedByPeer()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void everyByteMayComeByItself(String protocol) throws Exception {
    serve("");
    try (Socket slow = new SlowSocket(proxy.port());
        RawClient client = new RawClient(TlsClients.secure(slow, ca.client(null), protocol))) {
      assertThat(client.call("SET", "slow", "but steady")).isEqualTo("OK");
      assertThat(client.call("GET", "slow")).isEqualTo("but steady");
    }
  }

  /** Order and back-pressure are those of a connection without TLS. */
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aSlowClientGetsAllOfItsLargeRepliesInOrder(String protocol) throws Exception {
    serve("");
    byte[] large = new byte[8 << 20];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) ('a' + i % 23);
    }
    String value = new String(large, US_ASCII);
    try (RawClient client = connect(protocol);
        RawClient other = connect(protocol)) {
      assertThat(client.call("SET", "large", value)).isEqualTo("OK");
      for (int i = 0; i < 10; i++) {
        client.send(RawClient.requests("GET large", "INCR large:count" + protocol));
      }
      for (int i = 0; i < 100; i++) {
        assertThat(other.call("INCR", "other" + protocol)).isEqualTo(i + 1L);
      }
      for (int i = 0; i < 10; i++) {
        assertThat(client.readText()).isEqualTo(value);
        assertThat(client.readText()).isEqualTo(i + 1L);
      }
    }
  }

  @Test
  void whoHasNoCertificateIsNotLetIn() throws Exception {
    serve(", 'caFile': 'ca.crt'");
    TestCa others = new TestCa(Files.createDirectories(folder.resolve("others")), "ca");

    assertRefused(ca.client(null), "tls_certificate");
    assertRefused(ca.client(others.issue("stranger")), "tls_certificate");
    assertRefused(ca.client(ca.issueExpired("late")), "tls_certificate");
    try (RawClient client = connect(ca.client(ca.issue("friend")))) {
      assertThat(client.call("PING")).isEqualTo("PONG");
    }
    assertThat(closed("tls_certificate")).isEqualTo(3);
  }

  @Test
  void aCertificateMayBeOptional() throws Exception {
    serve(", 'caFile': 'ca.crt', 'clientAuth': 'optional'");
    TestCa others = new TestCa(Files.createDirectories(folder.resolve("others")), "ca");

    try (RawClient client = connect(ca.client(null))) {
      assertThat(client.call("PING")).isEqualTo("PONG");
    }
    assertRefused(ca.client(others.issue("stranger")), "tls_certificate");
  }

  /** Such as an old certificate that the client has had enough of. */
  @ParameterizedTest
  @ValueSource(strings = {"expired", "of another CA"})
  void clientsThatRefuseTheProxyAreCounted(String what) throws Exception {
    TestCa others = new TestCa(Files.createDirectories(folder.resolve("others")), "ca");
    TestCa.Issued shown =
        what.equals("expired") ? ca.issueExpired("expired") : others.issue("server");
    proxy =
        TestProxy.start(
            group,
            SETTINGS,
            config ->
                ListenerBuilder.like(config)
                    .tls(
                        new ListenerTls(
                            new TlsIdentity(
                                List.of(shown.certificate()), shown.keys().getPrivate()),
                            ClientAuth.NONE,
                            List.of(),
                            TlsProtocol.TLS_1_2))
                    .build());

    assertRefused(ca.client(null), "tls_refused");
  }

  @Test
  void tooOldAProtocolIsRefused() throws Exception {
    serve(", 'minProtocol': 'TLSv1.3'");

    assertThatThrownBy(() -> connect("TLSv1.2").close()).isInstanceOf(IOException.class);
    await().until(() -> closed("tls_error") == 1);
    try (RawClient client = connect("TLSv1.3")) {
      assertThat(client.call("PING")).isEqualTo("PONG");
    }
  }

  @ParameterizedTest
  @CsvSource({"'PING\r\n', not_tls", "'\u0001\u0002\u0003\u0004\u0005\u0006', not_tls"})
  void whatIsNotTlsIsNotAnswered(String sent, String cause) throws Exception {
    serve("");
    try (RawClient client = new RawClient(proxy.port())) {
      client.send(sent.getBytes(US_ASCII));
      client.bytesUntilClosed();
    }

    await().until(() -> closed(cause) == 1);
    assertStillServing();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\u0016\u0003\u0001"})
  void whoDoesNotComeToTheEndOfTheHandshakeIsLetGo(String sent) throws Exception {
    serve("", Map.of("client.handshake-timeout", "300ms"));
    try (RawClient client = new RawClient(proxy.port())) {
      client.send(sent.getBytes(US_ASCII));
      client.bytesUntilClosed();
    }

    await().until(() -> closed("tls_timeout") == 1);
  }

  /** As checks of a port do; that is no mistake of anyone's. */
  @Test
  void whoConnectsAndLeavesIsAnyClient() throws Exception {
    serve("");
    new RawClient(proxy.port()).close();

    await().until(() -> closed("client") == 1);
    assertThat(proxy.gauge("redis_proxy.clients")).isZero();
  }

  /** A byte that is not of the client's own making ends the connection, and nothing else. */
  @Test
  void damagedBytesEndTheConnection() throws Exception {
    serve("");
    try (Socket below = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        RawClient client = new RawClient(TlsClients.secure(below, ca.client(null), "TLSv1.3"))) {
      assertThat(client.call("PING")).isEqualTo("PONG");
      below.getOutputStream().write(new byte[] {23, 3, 3, 0, 20});
      below.getOutputStream().write(new byte[20]);

      assertThatThrownBy(client::readReply).isInstanceOf(IOException.class);
    }
    await().until(() -> closed("tls_error") == 1);
    assertStillServing();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void theDrainIsToldToClients(String protocol) throws Exception {
    serve("");
    try (RawClient idle = connect(protocol)) {
      assertThat(idle.call("PING")).isEqualTo("PONG");
      proxy.drain().get();

      assertThat(idle.readToEnd()).isEmpty();
    }
  }

  /** What clients may say of TLS beside certificate and key. */
  private void serve(String more) {
    serve(more, SETTINGS);
  }

  private void serve(String more, Map<String, String> settings) {
    proxy =
        TestProxy.start(
            group,
            settings,
            config -> {
              String json =
                  "[ { 'listen': %d, 'master': { 'host': 'h', 'port': 1 }, 'tls': {"
                      + " 'certificateFile': 'server.crt', 'keyFile': 'server.key' %s } } ]";
              try {
                Path file =
                    Files.writeString(
                        folder.resolve("listeners.json"),
                        json.formatted(config.port(), more).replace('\'', '"'));
                return ListenerBuilder.like(config)
                    .tls(ConfigLoader.load(file).get(0).tls().get())
                    .build();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  private void assertRefused(SSLContext context, String cause) {
    double before = closed(cause);
    // With TLS 1.3 clients have done their part before their certificate is looked at.
    assertThatThrownBy(
            () -> {
              try (RawClient client = connect(context)) {
                client.call("PING");
              }
            })
        .isInstanceOf(IOException.class);
    await().until(() -> closed(cause) == before + 1);
  }

  private void assertStillServing() throws IOException {
    try (RawClient client = connect(ca.client(null))) {
      assertThat(client.call("PING")).isEqualTo("PONG");
    }
  }

  private double closed(String cause) {
    return proxy.counted("redis_proxy.clients.closed", "cause", cause);
  }

  private RawClient connect(SSLContext context) throws IOException {
    return TlsClients.connect(proxy.port(), context, "TLSv1.3");
  }

  private RawClient connect(String protocol) throws IOException {
    return TlsClients.connect(proxy.port(), ca.client(null), protocol);
  }
}
