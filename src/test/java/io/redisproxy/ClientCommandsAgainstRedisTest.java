package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.ServerVersion;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the proxy says of its clients is what a server says of its own. */
class ClientCommandsAgainstRedisTest {

  /** Fields that differ between any two clients, or have a meaning in the server alone. */
  private static final Set<String> OWN_VALUES =
      Set.of(
          "id",
          "addr",
          "laddr",
          "fd",
          "age",
          "idle",
          "qbuf-free",
          "argv-mem",
          "rbs",
          "rbp",
          "tot-mem");

  private static final Set<String> SINCE_7_2 = Set.of("lib-name", "lib-ver");

  /** What the newest servers tell beside these is not told. */
  private static final Set<String> SINCE_8_0 =
      Set.of("watch", "io-thread", "capa", "tot-net-in", "tot-net-out", "tot-cmds");

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
        "CLIENT",
        "CLIENT nosuch",
        "CLIENT ID now",
        "CLIENT INFO now",
        "CLIENT GETNAME",
        "CLIENT GETNAME now",
        "CLIENT SETNAME",
        "CLIENT SETNAME a",
        "CLIENT SETNAME \u00e9",
        "CLIENT SETNAME a b",
        "CLIENT NO-EVICT",
        "CLIENT NO-EVICT on",
        "CLIENT NO-EVICT Off",
        "CLIENT NO-EVICT maybe",
        "CLIENT HELP",
        "CLIENT CAPA",
        "CLIENT CAPA redirect",
        "client capa nosuch redirect",
        "CLIENT HELP me",
        "CLIENT LIST x",
        "CLIENT LIST TYPE",
        "CLIENT LIST TYPE x",
        "CLIENT LIST TYPE \u00e9",
        "CLIENT LIST TYPE replica-",
        "CLIENT LIST TYPE pubsub",
        "CLIENT LIST type MASTER",
        "CLIENT LIST TYPE pubsub x",
        "CLIENT LIST ID 1000000",
        "CLIENT KILL",
        "CLIENT KILL x",
        "CLIENT KILL ID",
        "CLIENT KILL 127.0.0.1:1",
        "CLIENT KILL ID 0",
        "CLIENT KILL ID -1",
        "CLIENT KILL ID 9223372036854775807",
        "CLIENT KILL ID 1000000 x",
        "CLIENT KILL ID 1000000 x y",
        "CLIENT KILL TYPE x",
        "CLIENT KILL TYPE pubsub",
        "CLIENT KILL ADDR x",
        "CLIENT KILL ADDR 127.0.0.1:1",
        "CLIENT KILL laddr 127.0.0.1:1",
        "CLIENT KILL USER nobody",
        "CLIENT KILL USER default ID 1000000",
        "CLIENT KILL USER DEFAULT",
        "CLIENT KILL SKIPME x",
        "CLIENT KILL SKIPME",
        "CLIENT KILL ID 1000000 SKIPME YES",
        "CLIENT KILL ID 1000000 SKIPME no"
      })
  void theAnswerIsThatOfAServer(String request) throws IOException {
    try (RawClient direct = new RawClient(group.master().port());
        RawClient through = proxy.connect()) {
      String[] words = request.split(" ");
      assertThat(through.call(words)).isEqualTo(direct.call(words));
      assertThat(through.call("PING")).isEqualTo("PONG");
    }
  }

  /** Valkey 8.1 tells in other words what is wrong. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "CLIENT LIST ID",
        "CLIENT LIST ID x",
        "CLIENT LIST ID 1000000 x",
        "CLIENT LIST ID -1 0",
        "CLIENT LIST ID 01",
        "CLIENT LIST ID +1",
        "CLIENT LIST ID -0",
        "CLIENT LIST ID 9223372036854775808",
        "CLIENT KILL ID x",
        "CLIENT KILL ID 1.0",
        "CLIENT KILL ID 9223372036854775808",
        "CLIENT KILL id 1000000 ID",
        "CLIENT KILL ID x ID 1000000",
        "CLIENT KILL ID x TYPE y"
      })
  void aWrongNumberIsRefusedInTheWordsOfRedis(String request) throws IOException {
    assumeFalse(isValkey());
    theAnswerIsThatOfAServer(request);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CLIENT LIST TYPE primary",
        "CLIENT LIST TYPE pubsub ID 1",
        "CLIENT LIST ID 1000000 1000001",
        "CLIENT LIST ID 1000000 1000001 TYPE pubsub",
        "CLIENT LIST ADDR 127.0.0.1:1",
        "CLIENT LIST LADDR 127.0.0.1:1",
        "CLIENT LIST USER nobody",
        "CLIENT LIST USER",
        "CLIENT LIST MAXAGE 100000",
        "CLIENT LIST MAXAGE 0",
        "CLIENT LIST MAXAGE x",
        "CLIENT LIST SKIPME maybe",
        "CLIENT LIST SKIPME yes TYPE pubsub",
        "CLIENT KILL TYPE primary",
        "CLIENT KILL ID 1000000 1000001",
        "CLIENT KILL ID 1000000 -1",
        "CLIENT KILL ID 1000000 1000001 SKIPME no"
      })
  void whatValkeyTakesIsTaken(String request) throws IOException {
    assumeTrue(isValkey());
    theAnswerIsThatOfAServer(request);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CLIENT LIST NAME nobody",
        "CLIENT LIST NAME",
        "CLIENT LIST LIB-NAME none LIB-VER 0",
        "CLIENT LIST IDLE 100000",
        "CLIENT LIST IDLE 0",
        "CLIENT LIST IDLE x",
        "CLIENT LIST DB 9",
        "CLIENT LIST DB x",
        "CLIENT LIST NOT-DB x",
        "CLIENT LIST IP 192.0.2.1",
        "CLIENT LIST FLAGS A",
        "CLIENT LIST FLAGS y",
        "CLIENT LIST CAPA r",
        "CLIENT LIST CAPA x",
        "CLIENT LIST NOT-FLAGS y",
        "CLIENT LIST NOT-CAPA x",
        "CLIENT LIST NOT-TYPE x",
        "CLIENT LIST NOT-USER nobody",
        "CLIENT LIST NOT-SKIPME yes",
        "CLIENT LIST ID 1000000 NOT-ID 1 2 NOT-TYPE pubsub",
        "CLIENT LIST NOT-IP 127.0.0.1 IP 127.0.0.1",
        "CLIENT KILL NAME nobody NOT-NAME somebody",
        "CLIENT KILL NOT-ID 0"
      })
  void whatValkey9TakesIsTaken(String request) throws IOException {
    assumeTrue(ServerVersion.of(group.master()).isValkeySince(9, 0));
    theAnswerIsThatOfAServer(request);
  }

  @Test
  void whoCanBeRedirectedNeedNotBe() throws IOException {
    try (RawClient client = proxy.connect()) {
      client.call("CLIENT", "CAPA", "redirect");
      // A test before may have written just now.
      await()
          .untilAsserted(
              () ->
                  assertThat((List<?>) client.call("PROXY", "EXPLAIN", "GET", "a"))
                      .asList()
                      .contains("replica", "shared"));
      assertThat((String) group.call(group.master(), "CLIENT", "LIST")).doesNotContain(" capa=r");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"CLIENT INFO", "CLIENT LIST", "client list type normal"})
  void aLineHasTheFieldsAndValuesOfAServers(String request) throws IOException {
    try (RawClient direct = new RawClient(group.master().port());
        RawClient through = proxy.connect()) {
      for (String[] set :
          List.of(
              new String[] {"CLIENT", "SETNAME", "worker"},
              new String[] {"CLIENT", "NO-EVICT", "ON"})) {
        direct.call(set);
        through.call(set);
        assertThat(myLine(through, request)).isEqualTo(myLine(direct, request));
      }
    }
  }

  @Test
  void theLastCommandOfOthersIsShownAsAServerShowsIt() throws IOException {
    for (String request : List.of("GET a", "SET a 1", "OBJECT ENCODING a", "nosuch", "CLIENT ID")) {
      assertThat(commandSeen(proxy.port(), request))
          .as(request)
          .isEqualTo(commandSeen(group.master().port(), request));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ON", "ON BCAST", "ON NOLOOP REDIRECT other", "ON BCAST REDIRECT other", "OFF"})
  void whatAClientTracksIsShownAsAServerShowsIt(String tracking) throws IOException {
    assertThat(trackingSeen(proxy.port(), tracking))
        .isEqualTo(trackingSeen(group.master().port(), tracking));
  }

  @ParameterizedTest
  @ValueSource(strings = {"MONITOR", "MULTI;SELECT 1;EXEC;MONITOR", "MULTI;SELECT 1;EXEC"})
  void whoMonitorsIsShownAsAServerShowsIt(String requests) throws IOException {
    assertThat(flagsSeen(proxy.port(), requests))
        .isEqualTo(flagsSeen(group.master().port(), requests));
  }

  private static String flagsSeen(int port, String requests) throws IOException {
    try (RawClient client = new RawClient(port);
        RawClient other = new RawClient(port)) {
      String id = client.call("CLIENT", "ID").toString();
      for (String request : requests.split(";")) {
        client.call(request.split(" "));
      }
      return fields((String) other.call("CLIENT", "LIST", "ID", id)).get("flags");
    }
  }

  private static List<String> trackingSeen(int port, String tracking) throws IOException {
    try (RawClient client = new RawClient(port);
        RawClient other = new RawClient(port)) {
      String id = client.call("CLIENT", "ID").toString();
      String otherId = other.call("CLIENT", "ID").toString();
      String request = "CLIENT TRACKING " + tracking.replace("other", otherId);
      assertThat(client.call(request.split(" "))).isEqualTo("OK");
      Map<String, String> seen = fields((String) other.call("CLIENT", "LIST", "ID", id));
      return List.of(seen.get("flags"), seen.get("redir").replace(otherId, "other"));
    }
  }

  private static boolean isValkey() {
    return ServerVersion.of(group.master()).isValkey();
  }

  private static String commandSeen(int port, String request) throws IOException {
    try (RawClient client = new RawClient(port);
        RawClient other = new RawClient(port)) {
      Object id = client.call("CLIENT", "ID");
      client.call(request.split(" "));
      return fields((String) other.call("CLIENT", "LIST", "ID", id.toString())).get("cmd");
    }
  }

  /** The fields in their order, without the values that are a client's own. */
  private static String myLine(RawClient client, String request) throws IOException {
    String id = client.call("CLIENT", "ID").toString();
    String lines = (String) client.call(request.split(" "));
    assertThat(lines).endsWith("\n");
    Map<String, String> fields =
        lines
            .lines()
            .map(ClientCommandsAgainstRedisTest::fields)
            .filter(line -> line.get("id").equals(id))
            .findFirst()
            .orElseThrow();
    fields.keySet().removeAll(SINCE_7_2);
    fields.keySet().removeAll(SINCE_8_0);
    // Valkey parses requests in a buffer that clients share.
    fields.computeIfPresent("qbuf", (name, bytes) -> isValkey() ? "0" : bytes);
    fields.replaceAll((name, value) -> OWN_VALUES.contains(name) ? "..." : value);
    return fields.toString();
  }

  private static Map<String, String> fields(String line) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : line.strip().split(" ")) {
      fields.put(field.substring(0, field.indexOf('=')), field.substring(field.indexOf('=') + 1));
    }
    return fields;
  }
}
