package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.Opened;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import io.redisproxy.fixture.Transcript;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions of a user, a database and a protocol share connections, with none of another. */
class IdentityTest {
  private static final Duration IDENTITY_IDLE = Duration.ofMillis(600);

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private final Opened<RawClient> clients = new Opened<>();
  private RawClient client;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    proxy =
        TestProxy.start(
            group,
            Map.of(
                "node.identity-idle", IDENTITY_IDLE.toMillis() + "ms", "node.pinned-idle", "200ms"),
            TestProxy.resilient(
                new Resilience(
                    Duration.ofSeconds(1), 3, MasterFallback.ALWAYS, Duration.ofMinutes(1))));
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    onEveryNode(
        "ACL", "SETUSER", "foo", "reset", "on", ">right", "+@all", "-flushall", "~foo:*", "&*");
    onEveryNode("ACL", "SETUSER", "bar", "reset", "on", ">other", "+@all", "~bar:*", "&*");
    onEveryNode(
        "ACL", "SETUSER", "stuck", "reset", "on", ">s", "+@all", "-select", "~stuck:*", "&*");
    client = client();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET a 0;SELECT 1;SET a 1;SELECT 0;GET a;SELECT 1;GET a",
        "SELECT 99;SET a 0;SELECT x;SELECT -1;SELECT 1 2;SELECT;SELECT 01;SELECT 99999999999;GET a",
        "SELECT 2;SELECT 99;SET a 2;SELECT 2;GET a",
        "HELLO_3;HSET h f v;HGETALL h;GET none;ZADD z 1.5 m;ZSCORE z m;SMEMBERS s;HELLO 2;HGETALL h",
        "HELLO_3;SELECT 1;GET none;HELLO 2;GET none;SET a 1;SELECT 0;GET a",
        "HELLO 1;HELLO 4;HELLO x;HELLO 3 AUTH;HELLO 3 SETNAME;HELLO 3 NOSUCH;GET none",
        "HELLO 2 SETNAME me;CLIENT GETNAME;RESET;CLIENT GETNAME",
        "HELLO 3 AUTH foo right SETNAME me;CLIENT GETNAME;ACL WHOAMI;GET foo:a;GET bar:a;GET none",
        "AUTH foo right;SET foo:a 1;GET foo:a;GET bar:a;SET bar:a 1;FLUSHALL;ACL WHOAMI",
        "AUTH foo right;SELECT 1;SET foo:a 1;RESET;ACL WHOAMI;EXISTS foo:a;GET bar:a",
        "HELLO_3;AUTH foo right;SELECT 1;GET foo:none;RESET;GET none",
        "AUTH foo right;MULTI;SET foo:a 1;GET bar:a;EXEC;GET foo:a",
        "AUTH foo right;MULTI;AUTH bar other;EXEC;ACL WHOAMI;RESET;ACL WHOAMI",
        "MULTI;AUTH foo right;HELLO 3;RESET;ACL WHOAMI;GET none",
        "AUTH foo right;SUBSCRIBE c;RESET;ACL WHOAMI",
        "SET a 0;WATCH a;SELECT 1;SET a 1;MULTI;INCR a;EXEC;SELECT 0;GET a;SELECT 99;SELECT 1;GET a",
        "WATCH a;SELECT 3;SELECT 0;SET a 1;MULTI;INCR a;EXEC;GET a;SELECT 3;GET a",
        "CLIENT REPLY SKIP;SELECT 7;GET a;CLIENT REPLY SKIP;AUTH foo right;GET foo:a;ACL WHOAMI",
        "WATCH a;CLIENT REPLY SKIP;SELECT 8;GET a;CLIENT REPLY OFF;SELECT 9;CLIENT REPLY ON;GET a",
        "SELECT 1;AUTH stuck s;SET stuck:a 1;GET stuck:a;MULTI;GET stuck:a;EXEC;SELECT 2;RESET",
        "AUTH stuck s;SELECT 1;SET stuck:a 1;RESET;SELECT 1;EXISTS stuck:a",
        "AUTH foo right;SELECT 1;AUTH bar other;SET bar:a 1;SELECT 2;GET bar:a;SELECT 1;GET bar:a",
        "MULTI;SELECT 1;EXEC;AUTH foo right;ACL WHOAMI;RESET;ACL WHOAMI;GET none",
        "MULTI;SELECT 1;EXEC;SET a 1;RESET now;GET a;MULTI;RESET now;EXEC;RESET;EXISTS a",
        "MULTI;SELECT 1;EXEC;BLPOP l 0.01;SET a 1;RESET;EXISTS a",
        "MULTI;SELECT 1;EXEC;BLPOP l 0.01;MULTI;SET a 1;RESET;EXISTS a;PING \"x"
      })
  void aWholeSessionInOnePieceIsAnsweredAsAtAServer(String lines) throws IOException {
    String[] session = lines.replace("HELLO_3", "HELLO 3").split(";");
    String atServer = withoutId(Transcript.of(group.master().port(), session));
    group.flushAll();
    assertThat(withoutId(Transcript.of(proxy.port(), session))).isEqualTo(atServer);
  }

  /** Which a server does itself if it gets them one by one: since Redis 7.2 it can omit a reply. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HELLO 3 AUTH foo wrong;HELLO 3 AUTH nobody x;HELLO 3 SETNAME 'a b';GET none",
        "AUTH;AUTH a b c;AUTH x;AUTH foo wrong;AUTH nobody x;ACL WHOAMI",
        "HELLO 3;AUTH x;AUTH default x;ACL WHOAMI;AUTH foo right;AUTH x;HELLO 3 AUTH foo x;ACL WHOAMI",
        "AUTH foo right;AUTH foo wrong;ACL WHOAMI;AUTH bar other;ACL WHOAMI;AUTH bar right;ACL WHOAMI",
        "WATCH a;AUTH foo right;SET foo:a 1;ACL WHOAMI;AUTH foo wrong;UNWATCH;ACL WHOAMI;GET bar:a",
        "WATCH a;AUTH nobody x;CLIENT NO-EVICT ON;ACL WHOAMI;RESET;ACL WHOAMI",
        "SELECT 1;HELLO 3 AUTH stuck s;SET stuck:a 1;SELECT 1;GET stuck:a;AUTH stuck no;SELECT 0"
      })
  void aWrongPasswordIsAnsweredWhateverIsSentInOnePieceWithIt(String lines) throws IOException {
    String[] session = lines.split(";");
    String atServer = withoutId(Transcript.oneByOne(group.master().port(), session));
    group.flushAll();
    assertThat(withoutId(Transcript.of(proxy.port(), session))).isEqualTo(atServer);
  }

  @Test
  void sessionsOfADatabaseShareConnectionsAndReadFromReplicas() throws IOException {
    client.call("SELECT", "3");
    client.call("SET", "a", "3");
    List<RawClient> others = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RawClient other = client();
      other.call("SELECT", "3");
      others.add(other);
    }
    await().until(() -> readsAtReplica(others.get(0)) == 1);
    long before = connectionsAt(group.master());
    for (int i = 0; i < 20; i++) {
      RawClient other = client();
      assertThat(other.call("SELECT", "3")).isEqualTo("OK");
      assertThat(other.call("GET", "a")).isEqualTo("3");
    }
    await()
        .untilAsserted(() -> assertThat(connectionsAt(group.master())).isLessThanOrEqualTo(before));
    RawClient other = client();
    other.call("HELLO", "3");
    await().until(() -> readsAtReplica(other) == 1);
  }

  @Test
  void helloTellsTheClientsOwnNumber() throws IOException {
    List<?> hello = (List<?>) client.call("HELLO", "3");
    assertThat(hello.get(hello.indexOf("id") + 1)).isEqualTo(client.call("CLIENT", "ID"));
    assertThat(hello.get(hello.indexOf("proto") + 1)).isEqualTo(3L);
    assertThat(hello.get(hello.indexOf("role") + 1)).isEqualTo("master");
  }

  @Test
  void noCommandOfOneUserRunsAsAnother() throws IOException {
    RawClient other = client();
    client.call("AUTH", "foo", "right");
    other.call("AUTH", "bar", "other");
    String requests = "SET foo:a f\r\nGET bar:a\r\nGET foo:a\r\nSET bar:a b\r\nACL WHOAMI\r\n";
    client.send(requests.repeat(100));
    other.send(requests.repeat(100));
    for (int i = 0; i < 100; i++) {
      assertThat(client.readText()).isEqualTo("OK");
      assertIsError(client.readText(), "NOPERM");
      assertThat(client.readText()).isEqualTo("f");
      assertIsError(client.readText(), "NOPERM");
      assertThat(client.readText()).isEqualTo("foo");
      assertIsError(other.readText(), "NOPERM");
      other.readText();
      assertIsError(other.readText(), "NOPERM");
      assertThat(other.readText()).isEqualTo("OK");
      assertThat(other.readText()).isEqualTo("bar");
    }
  }

  @Test
  void aPasswordIsCheckedEachTimeThoughOthersHaveTheIdentity() throws IOException {
    double before = proxy.counted("redis_proxy.errors", "kind", "login");
    client.call("AUTH", "foo", "right");
    // So that the connection which it shares is there.
    assertThat(client.call("SET", "foo:a", "0")).isEqualTo("OK");
    onEveryNode("ACL", "SETUSER", "foo", "off");
    RawClient other = client();
    assertIsError(other.call("AUTH", "foo", "right"), "WRONGPASS");
    onEveryNode("ACL", "SETUSER", "foo", "on", "resetpass", ">changed");
    assertIsError(other.call("AUTH", "foo", "right"), "WRONGPASS");
    assertIsError(other.call("HELLO", "3", "AUTH", "foo", "right"), "WRONGPASS");
    assertThat(other.call("AUTH", "foo", "changed")).isEqualTo("OK");
    assertThat(client.call("SET", "foo:a", "1")).isEqualTo("OK");
    assertThat(proxy.counted("redis_proxy.errors", "kind", "login")).isEqualTo(before + 3);
  }

  @Test
  void aUserThatAReplicaDoesNotKnowReadsFromTheMaster() throws IOException {
    group.call(group.replica(0), "ACL", "DELUSER", "foo");
    client.call("AUTH", "foo", "right");
    client.call("SET", "foo:a", "1");
    for (int i = 0; i < 20; i++) {
      assertThat(client.call("GET", "foo:a")).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SUBSCRIBE c", "GET foo:a", "MULTI", "CLIENT REPLY OFF", "BLPOP foo:l 0"})
  void aClientIsClosedWhenItsUserIsDeleted(String last) throws IOException {
    client.call("AUTH", "foo", "right");
    client.sendCommand(last.split(" "));
    RawClient other = client();
    await().until(() -> ((String) other.call("CLIENT", "LIST")).contains("user=foo"));
    onEveryNode("ACL", "DELUSER", "foo");
    client.bytesUntilClosed();
    assertThat(other.call("GET", "foo:a")).isNull();
  }

  @Test
  void loginsLeaveNoMoreConnectionsThanWereNeededAtOnce() throws IOException {
    client.call("AUTH", "foo", "right");
    client.call("HELLO", "3", "AUTH", "foo", "right");
    long before = connectionsOf(group.master(), "foo");
    for (int i = 0; i < 100; i++) {
      RawClient each = client();
      assertThat(each.call("AUTH", "foo", "right")).isEqualTo("OK");
      assertIsError(each.call("AUTH", "foo", "wrong"), "WRONGPASS");
      assertThat((List<?>) each.call("HELLO", "2", "AUTH", "foo", "right")).isNotEmpty();
      assertIsError(each.call("HELLO", "2", "AUTH", "foo", "wrong"), "WRONGPASS");
      assertThat(each.call("SET", "foo:a", "" + i)).isEqualTo("OK");
    }
    assertThat(connectionsOf(group.master(), "foo")).isLessThan(before + 5);
  }

  @Test
  void aLoginIsCheckedThoughTheConnectionThatRestedIsGone() throws IOException {
    for (int i = 0; i < 20; i++) {
      assertThat(client().call("AUTH", "foo", "right")).isEqualTo("OK");
      group.call(group.master(), "CLIENT", "KILL", "USER", "foo");
      assertThat(client().call("AUTH", "foo", "right")).isEqualTo("OK");
    }
  }

  @Test
  void theCauseIsCounted() throws IOException {
    double before = proxy.counted("redis_proxy.clients.closed", "cause", "login_refused");
    client.call("AUTH", "foo", "right");
    onEveryNode("ACL", "DELUSER", "foo");
    assertThat(client.closedByPeer()).isTrue();
    await()
        .until(
            () ->
                proxy.counted("redis_proxy.clients.closed", "cause", "login_refused")
                    == before + 1);
  }

  @Test
  void oneThatIsMadeAgainIsLetIn() throws IOException {
    for (int i = 0; i < 20; i++) {
      RawClient each = client();
      assertThat(each.call("AUTH", "foo", "right")).isEqualTo("OK");
      assertThat(each.call("SET", "foo:a", "1")).isEqualTo("OK");
      onEveryNode("ACL", "DELUSER", "foo");
      if (i % 2 == 0) {
        each.bytesUntilClosed();
      }
      onEveryNode("ACL", "SETUSER", "foo", "on", ">right", "+@all", "~foo:*");
    }
  }

  /** Which may come before it is closed, or after; it waits for no other master. */
  @ParameterizedTest
  @ValueSource(
      strings = {"GET foo:a", "SET foo:a 2", "PING", "EVAL return_1 0", "MULTI", "SELECT 1"})
  void soIsOneWithARequest(String request) throws IOException {
    client.call("AUTH", "foo", "right");
    assertThat(client.call("SET", "foo:a", "1")).isEqualTo("OK");
    RawClient other = client();
    onEveryNode("ACL", "DELUSER", "foo");
    await().until(() -> connectionsOf(group.master(), "foo") == 0);
    try {
      assertIsError(client.call(request.split(" ")), "WRONGPASS");
      assertThat(client.closedByPeer()).isTrue();
    } catch (IOException e) {
      assertThat(e).isNotInstanceOf(SocketTimeoutException.class);
    }
    assertThat(other.call("GET", "foo:a")).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pubsub", "normal pubsub"})
  void soIsOneWhoseUserIsNotLetInAnyMore(String killed) throws IOException {
    await().until(() -> connectionsOf(group.master(), "foo") == 0);
    client.call("AUTH", "foo", "right");
    client.call("SUBSCRIBE", "c");
    group.call(group.master(), "ACL", "SETUSER", "foo", "off");
    for (String type : killed.split(" ")) {
      group.call(group.master(), "ACL", "LOG", "RESET");
      group.call(group.master(), "CLIENT", "KILL", "USER", "foo", "TYPE", type);
      await().until(() -> !((List<?>) group.call(group.master(), "ACL", "LOG")).isEmpty());
    }
    assertThat(client.closedByPeer()).isTrue();
  }

  @Test
  void connectionsOfAnIdentityThatNobodyHasAreClosed() throws Exception {
    client.call("PING");
    await().until(() -> connectionsOf(group.master(), "foo") == 0);
    for (int database = 0; database < 5; database++) {
      RawClient other = client();
      other.call("AUTH", "foo", "right");
      other.call("SELECT", "" + database);
      other.call("SET", "foo:a", "1");
    }
    assertThat(connectionsOf(group.master(), "foo")).isGreaterThanOrEqualTo(5);
    clients.close();
    await().until(() -> connectionsOf(group.master(), "foo") == 0);
    await().until(() -> connectionsOf(group.replica(0), "foo") == 0);
    assertThat(client().call("GET", "a")).isNull();
  }

  @Test
  void theyAreKeptForSoLongAfterTheLastUse() throws Exception {
    client.call("PING");
    long begun = System.nanoTime();
    long used;
    do {
      try (RawClient other = proxy.connect()) {
        other.call("AUTH", "foo", "right");
        other.call("SET", "foo:a", "1");
        used = System.nanoTime();
      }
    } while (used - begun < IDENTITY_IDLE.multipliedBy(3).dividedBy(2).toNanos());
    await()
        .pollInterval(Duration.ofMillis(1))
        .until(() -> connectionsOf(group.master(), "foo") == 0);
    assertThat(Duration.ofNanos(System.nanoTime() - used)).isGreaterThan(IDENTITY_IDLE);
  }

  private RawClient client() throws IOException {
    RawClient made = proxy.connect();
    clients.add(made);
    return made;
  }

  private static double readsAtReplica(RawClient asking) throws IOException {
    double before = proxy.counted("redis_proxy.requests", "role", "replica", "class", "read");
    asking.call("GET", "a");
    return proxy.counted("redis_proxy.requests", "role", "replica", "class", "read") - before;
  }

  private static void onEveryNode(String... command) {
    Stream.concat(Stream.of(group.master()), group.replicas().stream())
        .forEach(node -> group.call(node, command));
  }

  private static long connectionsAt(RedisNode node) {
    return ((String) group.call(node, "CLIENT", "LIST")).lines().count();
  }

  private static long connectionsOf(RedisNode node, String user) {
    return ((String) group.call(node, "CLIENT", "LIST"))
        .lines()
        .filter(line -> line.contains(" user=" + user + " "))
        .count();
  }

  /** The client's number differs between any two. */
  private static String withoutId(String replies) {
    return replies.replaceAll("(?<=\\$2\r\nid\r\n):\\d+", ":1");
  }

  private static void assertIsError(Object reply, String beginning) {
    assertThat(((RedisError) reply).message()).startsWith(beginning + ' ');
  }
}
