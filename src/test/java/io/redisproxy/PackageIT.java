package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.redisproxy.fixture.FakeCollector;
import io.redisproxy.fixture.PackagedProxy;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program in front of real servers, with the memory that it is said to need. */
class PackageIT {
  private static final int LARGE = 64 * 1024 * 1024;
  @AutoClose private static RedisGroup group;

  @TempDir Path folder;
  @AutoClose private PackagedProxy app;

  @BeforeAll
  static void startServers() {
    group = RedisGroup.start(1);
  }

  @BeforeEach
  void configure() {
    app = new PackagedProxy(folder, group);
  }

  @Test
  void valuesLargerThanItsMemoryGoThroughBothWays() throws Exception {
    // The clients read one after the other, and may wait behind each other for long on a busy
    // machine.
    app.start("-Xmx64m", "-Dredis-proxy.client.slow-timeout=5m");
    byte[] value = new byte[LARGE];
    Arrays.fill(value, (byte) 'v');
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clients.add(new RawClient(app.port()));
    }
    for (RawClient client : clients) {
      client.send("*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$" + LARGE + "\r\n");
      client.send(value);
      client.send("\r\n");
      assertThat(client.readReply()).isEqualTo("OK");
    }
    group.awaitInSync();
    for (RawClient client : clients) {
      client.sendCommand("GET", "large");
    }
    for (RawClient client : clients) {
      assertThat((byte[]) client.readReply()).isEqualTo(value);
      client.close();
    }
    group.flushAll();
  }

  @Test
  void healthAndMetricsTellOfTheNodes() throws Exception {
    app.start();
    try (RawClient client = new RawClient(app.port())) {
      await()
          .untilAsserted(() -> assertThat(app.http("/q/health/ready").statusCode()).isEqualTo(200));
      assertThat(app.http("/q/health/live").statusCode()).isEqualTo(200);
      String node = "node=\"127.0.0.1:" + group.replica(0).port() + "\"";
      await()
          .untilAsserted(
              () ->
                  assertThat(app.http("/q/metrics").body())
                      .containsPattern("redis_proxy_node_up\\{.*" + node + ".*} 1.0"));
      // The PING that tells that it has started goes to any node, and may have been counted there.
      double before = readsAt(node);
      assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
      // The first read is the master's perhaps, until the replica is known to have the write.
      await()
          .until(
              () -> {
                assertThat(client.call("GET", "a")).isEqualTo("1");
                return readsAt(node) > before;
              });
      assertThat(app.http("/q/metrics").body())
          .contains("redis_proxy_clients{listener=\"" + app.port() + "\"} 1.0")
          .contains("redis_proxy_request_seconds_bucket")
          .contains("redis_proxy_commands_total{listener=\"" + app.port() + "\",command=\"get\"");
    }
  }

  private double readsAt(String node) throws Exception {
    String series =
        "redis_proxy_requests_total{class=\"read\",listener=\"" + app.port() + "\"," + node;
    return app.http("/q/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  @Test
  void whenToldToEndItIsNotReadyLetsItsClientsGoAndEndsWithStatus0() throws Exception {
    Process proxy = app.start("-Dredis-proxy.drain.delay=1s");
    await()
        .untilAsserted(() -> assertThat(app.http("/q/health/ready").statusCode()).isEqualTo(200));
    try (RawClient client = new RawClient(app.port())) {
      assertThat(client.call("MULTI")).isEqualTo("OK");

      proxy.destroy();
      await()
          .untilAsserted(() -> assertThat(app.http("/q/health/ready").statusCode()).isEqualTo(503));
      assertThat(app.http("/q/health/live").statusCode()).isEqualTo(200);
      try (RawClient late = new RawClient(app.port())) {
        assertThat(late.call("PING")).isEqualTo("PONG");
        assertThatThrownBy(late::readReply).isInstanceOf(EOFException.class);
      }
      assertThat(client.call("PING")).isEqualTo("QUEUED");
      assertThat(client.call("EXEC")).isEqualTo(List.of("PONG"));
      assertThatThrownBy(client::readReply).isInstanceOf(EOFException.class);
    }
    assertThat(proxy.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(proxy.exitValue()).isZero();
    assertThat(folder.resolve("out"))
        .content()
        .contains("drained; all clients have gone")
        .containsPattern("redis-proxy stopped in .*\\R$");
  }

  @Test
  void toldASecondTimeItEndsAtOnce() throws Exception {
    Process proxy = app.start();
    try (RawClient client = new RawClient(app.port())) {
      assertThat(client.call("MULTI")).isEqualTo("OK");
      proxy.destroy();
      await()
          .untilAsserted(() -> assertThat(app.http("/q/health/ready").statusCode()).isEqualTo(503));
      proxy.destroy();
      assertThat(proxy.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(proxy.exitValue()).isEqualTo(1);
    }
  }

  @Test
  void logsAreObjectsIfThatIsWanted() throws Exception {
    Process proxy = app.start("-Dredis-proxy.log.format=json");
    proxy.destroy();
    assertThat(proxy.waitFor(10, TimeUnit.SECONDS)).isTrue();
    List<String> lines = Files.readAllLines(folder.resolve("out"));
    assertThat(lines).isNotEmpty();
    ObjectMapper json = new ObjectMapper();
    List<String> messages = new ArrayList<>();
    for (String line : lines) {
      messages.add(json.readTree(line).path("message").textValue());
    }
    assertThat(messages).anyMatch(message -> message.startsWith("listening on "));
  }

  @Test
  void spansGoToTheCollectorThatIsNamed() throws Exception {
    try (FakeCollector collector = new FakeCollector()) {
      app.start(
          "-Dredis-proxy.traces.endpoint=" + collector.endpoint(),
          "-Dredis-proxy.traces.sample-rate=1",
          "-Dredis-proxy.traces.interval=10ms");
      try (RawClient client = new RawClient(app.port())) {
        client.call("SET", "a", "1");
        await().until(() -> collector.spans("SET").size() == 1);
      }
      assertThat(app.http("/q/metrics").body()).contains("redis_proxy_spans_total");
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void itSaysThatItWorksWithoutEpoll() throws Exception {
    app.start("-Dio.netty.transport.noNative=true");
    assertThat(folder.resolve("out")).content().contains("epoll can't be used");
  }

  @Test
  void thePageIsAtTheRootOfTheManagementPort() throws Exception {
    app.start();
    HttpResponse<String> page = app.http("/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("<title>redis-proxy</title>");
  }

  @Test
  void itStartsWithTheClassesThatTheImageShares() throws Exception {
    try {
      shareClasses(PackagedProxy.APP, PackagedProxy.APP.toString());
      assertThatItStartsWith(PackagedProxy.APP.resolve("classes.jsa"));
    } finally {
      Files.deleteIfExists(PackagedProxy.APP.resolve("classes.jsa"));
    }
  }

  @Test
  void itStartsWithTheClassesThatACopyInAnotherPlaceHasShared() throws Exception {
    Path copy = folder.resolve("copy");
    new ProcessBuilder("cp", "-a", PackagedProxy.APP.toString(), copy.toString()).start().waitFor();
    shareClasses(copy, ".");
    assertThatItStartsWith(copy.resolve("classes.jsa"));
  }

  private void shareClasses(Path workingDirectory, String of) throws Exception {
    ProcessBuilder script =
        new ProcessBuilder(
                Path.of("src/main/docker/share-classes.sh").toAbsolutePath().toString(),
                of,
                Integer.toString(app.port()))
            .directory(workingDirectory.toFile());
    script
        .environment()
        .compute("PATH", (name, path) -> System.getProperty("java.home") + "/bin:" + path);
    assertThat(script.inheritIO().start().waitFor()).isZero();
  }

  private void assertThatItStartsWith(Path archive) throws Exception {
    Path loaded = folder.resolve("loaded");
    // With -Xshare:on it would not start if the JVM could not use them.
    app.start(
        "-Xshare:on",
        "-XX:SharedArchiveFile=" + archive,
        "-Xlog:class+load:file=" + loaded + ":none");
    try (Stream<String> lines = Files.lines(loaded)) {
      assertThat(lines.filter(line -> line.contains("shared objects file (top)")))
          .hasSizeGreaterThan(500)
          .anyMatch(line -> line.startsWith("io.quarkus."));
    }
  }

  @Test
  void aPortThatIsTakenIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(app.port())) {
      Path err = folder.resolve("err");
      Process proxy = app.command().redirectError(err.toFile()).start();
      assertThat(proxy.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(proxy.exitValue()).isEqualTo(1);
      assertThat(err).content().contains("port " + taken.getLocalPort() + " can't be opened");
    }
  }

  @Test
  void whyItCouldNotStartIsTheLastThatItSays() throws Exception {
    try (ServerSocket taken = new ServerSocket(app.httpPort())) {
      Process proxy = app.command().start();
      assertThat(proxy.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(proxy.exitValue()).isEqualTo(1);
      assertThat(folder.resolve("out"))
          .content()
          .contains("listening on 0.0.0.0:" + app.port())
          .containsPattern("Address already in use\\s+$");
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aPipeThatNobodyReadsHoldsUpNobody() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    try (RandomAccessFile open = new RandomAccessFile(pipe.toFile(), "rw");
        RedisGroup dying = RedisGroup.start(1);
        PackagedProxy proxy = new PackagedProxy(folder, dying)) {
      Process process = proxy.start(proxy.command().redirectOutput(pipe.toFile()));
      // To the last byte.
      new ProcessBuilder("dd", "if=/dev/zero", "of=" + pipe, "bs=1", "oflag=nonblock")
          .start()
          .waitFor();
      // Which the event loop that probes it has something to say about.
      dying.replica(0).kill();
      await()
          .untilAsserted(
              () ->
                  assertThat(proxy.http("/q/health/ready").body())
                      .containsPattern("replica [^\"]+\": \"(?!up)"));

      for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
        try (RawClient client = new RawClient(proxy.port())) {
          assertThat(client.call("SET", "a", "1")).isEqualTo("OK");
        }
      }
      process.destroy();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void clientsLeaveFileDescriptorsForAllElse() throws Exception {
    ProcessBuilder limited = app.command();
    limited.command().addAll(0, List.of("sh", "-c", "ulimit -n 256 && exec \"$@\"", "limited"));
    app.start(limited);
    try (RawClient first = new RawClient(app.port())) {
      List<RawClient> clients = new ArrayList<>();
      try {
        RawClient refused = new RawClient(app.port());
        while (refused.call("PING").equals("PONG")) {
          clients.add(refused);
          assertThat(clients).hasSizeLessThan(256);
          refused = new RawClient(app.port());
        }
        refused.close();
        assertThat(clients).hasSizeGreaterThan(100);
        assertThat(first.call("SET", "a", "1")).isEqualTo("OK");
        assertThat(((RawClient.RedisError) first.call("BLPOP", "l", "1")).message())
            .contains("no file descriptor to spare");
        // Which takes a connection for a moment only, and one that all share.
        assertThat(first.call("SELECT", "1")).isEqualTo("OK");
        assertThat(first.call("SET", "a", "1")).isEqualTo("OK");
        assertThat(app.http("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(app.http("/q/metrics").body())
            .containsPattern("clients_closed_total\\{cause=\"max_clients\",.*} [1-9]");
      } finally {
        RawClient.closeAll(clients);
      }
      await().until(() -> first.call("BLPOP", "l", "0.01") == null);
      try (RawClient client = new RawClient(app.port())) {
        assertThat(client.call("PING")).isEqualTo("PONG");
      }
    }
    group.flushAll();
  }

  @Test
  void nothingOfDevModeIsInThePackage() throws IOException {
    try (Stream<Path> files = Files.walk(PackagedProxy.APP)) {
      assertThat(files.map(Path::toString)).noneMatch(name -> name.contains("embedded-redis"));
    }
    try (Stream<Path> jars = Files.list(PackagedProxy.APP.resolve("app"))) {
      for (Path jar : jars.toList()) {
        try (java.util.jar.JarFile file = new java.util.jar.JarFile(jar.toFile())) {
          assertThat(file.stream().map(Object::toString))
              .noneMatch(name -> name.startsWith("io/redisproxy/dev/") && name.endsWith(".class"));
        }
      }
    }
  }
}
