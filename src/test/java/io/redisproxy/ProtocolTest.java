package io.redisproxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.ServerVersion;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client may send by the protocol, and what it may not, is the same as at a server. */
class ProtocolTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET a 1\r\nGET a\r\n",
        "set a \"x y\\x41\\n\"\nget a\n",
        "SET a 'it\\'s'\r\nGET a\r\n",
        "\r\n\r\nPING\r\n",
        "*0\r\n*-1\r\nPING\r\n",
        "PING \"unbalanced\r\n",
        "PING \"a\"b\r\n",
        "*1\r\n$4\r\nPING\r\n*x\r\n",
        "*2\r\n$4\r\nECHO\r\nfoo\r\n",
        "*2\r\n$4\r\nECHO\r\n\u00e9\r\n",
        "*2\r\n$4\r\nECHO\r\n$-1\r\n",
        "*2\r\n$4\r\nECHO\r\n$01\r\na\r\n",
        "*99999999999\r\n",
        "*+1\r\n$4\r\nPING\r\n",
        "*1\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n",
        "*2\r\n$4\r\nECHO\r\n$9223372036854775807\r\nx",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "*1\r\n$25\r\naaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n1\r\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
        "SELECT 1\r\nMULTI\r\nSET a 2\r\nEXEC\r\nGET a\r\n",
        "GET a\r\nMULTI\r\nSELECT 1\r\nEXEC\r\nGET a\r\n",
        "MULTI\r\nSELECT 1\r\nEXEC\r\nGET a\r\nRESET\r\nMULTI\r\nEXEC\r\nPING\r\n",
        "SELECT 1\r\nSUBSCRIBE a\r\nUNSUBSCRIBE\r\nPING\r\n"
      })
  void theAnswerIsThatOfAServer(String bytes) throws IOException {
    ServerVersion version = ServerVersion.of(group.master());
    // It takes quotes inside a word.
    assumeFalse(version.isValkeySince(9, 1) && bytes.startsWith("PING \"a\"b"));
    assertThat(answer(proxy.port(), bytes)).isEqualTo(answer(group.master().port(), bytes));
  }

  /** Valkey 9.1 would close the connection, which others share. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1xx",
        "*3\r\n$3\r\nSET\r\n$1\r\naxx$1\r\n1\r\n",
        "*3\r\n$3\r\nSETxx$1\r\na\r\n$1\r\n1\r\n",
        "*3\r\n$3\rxSET\r\n$1\r\na\r\n$1\r\n1\r\n",
        "*3\rx$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"
      })
  void whateverIsInThePlaceOfALineBreakReachesTheServerAsOne(String bytes) throws IOException {
    for (int cut = 0; cut < bytes.length(); cut++) {
      try (RawClient client = proxy.connect()) {
        client.send(bytes.substring(0, cut));
        client.send(bytes.substring(cut));
        assertThat(client.readReply()).isEqualTo("OK");
        assertThat(client.call("GET", "a")).isEqualTo("1");
      }
    }
  }

  @Test
  void aLineWithoutEndIsTooBig() throws IOException {
    // Redis 8.6 goes on waiting for the end of a line with the length of an argument.
    boolean waits = ServerVersion.of(group.master()).isRedisSince(8, 6);
    for (String start : waits ? List.of("", "*") : List.of("", "*", "*1\r\n$")) {
      String bytes = start + "1".repeat(70_000);
      assertThat(answer(proxy.port(), bytes)).isEqualTo(answer(group.master().port(), bytes));
    }
  }

  @Test
  void garbageHarmsNobodyElse() throws IOException {
    Random random = new Random(7);
    try (RawClient other = proxy.connect()) {
      for (int i = 0; i < 300; i++) {
        byte[] garbage = new byte[random.nextInt(300)];
        random.nextBytes(garbage);
        if (i % 2 == 0 && garbage.length > 0) {
          garbage[0] = '*';
        }
        try (RawClient client = proxy.connect()) {
          client.send(garbage);
        } catch (IOException e) {
          // The proxy may have closed first.
        }
        assertThat(other.call("PING")).isEqualTo("PONG");
      }
    }
    assertThat(proxy.counted("redis_proxy.node.connection.losses")).isZero();
  }

  @Test
  void aRequestMayComeByteByByte() throws IOException {
    try (RawClient client = proxy.connect()) {
      for (byte b : "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\nhello\r\n".getBytes(ISO_8859_1)) {
        client.send(new byte[] {b});
      }
      assertThat(client.readText()).isEqualTo("OK");
      for (byte b : "*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\nPING\r\n".getBytes(ISO_8859_1)) {
        client.send(new byte[] {b});
      }
      assertThat(client.readText()).isInstanceOf(Long.class);
      assertThat(client.readText()).isEqualTo("PONG");
    }
  }

  @Test
  void aLargeRequestMayFollowOneThatCameInPieces() throws IOException {
    String value = "v".repeat(100_000);
    try (RawClient client = proxy.connect()) {
      byte[] both = RawClient.requests("ECHO it", "SET large " + value);
      int echo = RawClient.request("ECHO", "it").length;
      for (int split = 1; split < echo; split++) {
        double read = bytesIn() + split;
        client.send(Arrays.copyOf(both, split));
        await().until(() -> bytesIn() == read);
        client.send(Arrays.copyOfRange(both, split, both.length));
        assertThat(client.readText()).isEqualTo("it");
        assertThat(client.readText()).isEqualTo("OK");
      }
      assertThat(client.call("STRLEN", "large")).isEqualTo(100_000L);
    }
  }

  @Test
  void aLargeRequestThatBreaksTheProtocolGetsTheErrorAlone() throws IOException {
    String bytes = "PING\r\n*3\r\n$3\r\nSET\r\n$100000\r\n" + "v".repeat(100_000) + "\r\n:1\r\n";
    try (RawClient client = proxy.connect()) {
      client.send(bytes);
      assertThat(client.readToEnd())
          .isEqualTo("+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n");
    }
  }

  @Test
  void aPipelineMayComeInPiecesThatSplitItsFirstRequest() throws IOException {
    byte[] get = RawClient.request("GET", "k".repeat(1000));
    ByteBuffer many = ByteBuffer.allocate(200 * get.length);
    while (many.hasRemaining()) {
      many.put(get);
    }
    try (RawClient client = proxy.connect()) {
      for (int split = 1; split < get.length; split += 99) {
        double read = bytesIn() + split;
        client.send(Arrays.copyOf(many.array(), split));
        await().until(() -> bytesIn() == read);
        client.send(Arrays.copyOfRange(many.array(), split, many.capacity()));
        for (int i = 0; i < 200; i++) {
          assertThat(client.readText()).isNull();
        }
      }
    }
  }

  /** One without an end, here behind a command that waits. */
  @ParameterizedTest
  @ValueSource(strings = {"", "BLPOP nothing 0\r\n"})
  void littleIsReadBehindAMistake(String before) throws Exception {
    double read = bytesIn();
    byte[] endless = new byte[64 * 1024];
    try (Socket socket = new Socket("127.0.0.1", proxy.port());
        RawClient client = new RawClient(socket)) {
      client.send(before + "*x\r\n");
      Thread sender =
          new Thread(
              () -> {
                try {
                  while (true) {
                    socket.getOutputStream().write(endless);
                  }
                } catch (IOException e) {
                  // The proxy, or the test, has closed it.
                }
              });
      sender.start();
      await().until(() -> bytesIn() - read > 1_000_000);
      if (before.isEmpty()) {
        assertThat(client.readReply())
            .isEqualTo(new RedisError("ERR Protocol error: invalid multibulk length"));
      }
      double most = 2 * 1024 * 1024;
      await().during(Duration.ofSeconds(1)).until(() -> bytesIn() - read < most);
      socket.close();
      sender.join();
    }
  }

  private static double bytesIn() {
    return proxy.counted("redis_proxy.client.bytes", "direction", "in");
  }

  /** All that comes back; this side is closed after the request, as netcat does. */
  private static String answer(int port, String bytes) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(bytes.getBytes(ISO_8859_1));
      client.shutdownOutput();
      return client.readToEnd();
    }
  }
}
