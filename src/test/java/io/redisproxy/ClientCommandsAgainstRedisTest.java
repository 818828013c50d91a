package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RedisGroup;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
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

  private static RedisGroup group;
  private static TestProxy proxy;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy = TestProxy.start(group);
  }

  @AfterAll
  static void stop() {
    proxy.close();
    group.close();
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
        "CLIENT HELP me",
        "CLIENT LIST x",
        "CLIENT LIST TYPE",
        "CLIENT LIST TYPE x",
        "CLIENT LIST TYPE \u00e9",
        "CLIENT LIST TYPE replica-",
        "CLIENT LIST TYPE pubsub",
        "CLIENT LIST type MASTER",
        "CLIENT LIST TYPE pubsub x",
        "CLIENT LIST TYPE pubsub ID 1",
        "CLIENT LIST ID",
        "CLIENT LIST ID x",
        "CLIENT LIST ID 1000000 x",
        "CLIENT LIST ID 1000000",
        "CLIENT LIST ID -1 0",
        "CLIENT LIST ID 01",
        "CLIENT LIST ID +1",
        "CLIENT LIST ID -0",
        "CLIENT LIST ID 9223372036854775808",
        "CLIENT KILL",
        "CLIENT KILL x",
        "CLIENT KILL ID",
        "CLIENT KILL 127.0.0.1:1",
        "CLIENT KILL ID x",
        "CLIENT KILL ID 0",
        "CLIENT KILL ID -1",
        "CLIENT KILL ID 1.0",
        "CLIENT KILL ID 9223372036854775807",
        "CLIENT KILL ID 9223372036854775808",
        "CLIENT KILL ID 1000000 x",
        "CLIENT KILL ID 1000000 x y",
        "CLIENT KILL id 1000000 ID",
        "CLIENT KILL ID x ID 1000000",
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
        "CLIENT KILL ID 1000000 SKIPME no",
        "CLIENT KILL ID x TYPE y"
      })
  void theAnswerIsThatOfAServer(String request) throws IOException {
    try (RawClient direct = new RawClient(group.master().port());
        RawClient through = proxy.connect()) {
      String[] words = request.split(" ");
      assertThat(through.call(words)).isEqualTo(direct.call(words));
      assertThat(through.call("PING")).isEqualTo("PONG");
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
