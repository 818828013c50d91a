package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.Push;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Transcript;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages reach those who want them, between replies that stay what they are. */
class PubSubTest {
  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  private RawClient client;
  private RawClient other;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(1);
    // Else what MONITOR shows has probes in it, now and then.
    proxy = TestProxy.start(group, Map.of("probe.interval", "1m"));
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    client = proxy.connect();
    other = proxy.connect();
  }

  @AfterEach
  void everyConnectionIsGivenBack() throws IOException {
    client.close();
    other.close();
    await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SUBSCRIBE a b c;PSUBSCRIBE p* q*;UNSUBSCRIBE;PUNSUBSCRIBE;PING",
        "PSUBSCRIBE p*;SUBSCRIBE a b;PUNSUBSCRIBE;UNSUBSCRIBE b;UNSUBSCRIBE nosuch;UNSUBSCRIBE;PING",
        "SSUBSCRIBE a b;SUNSUBSCRIBE;SUNSUBSCRIBE;GET a",
        "SUBSCRIBE a a a;UNSUBSCRIBE a a;GET a",
        "SSUBSCRIBE s;SUBSCRIBE a;UNSUBSCRIBE;GET a;SUNSUBSCRIBE s;GET a",
        "UNSUBSCRIBE;PUNSUBSCRIBE;SUNSUBSCRIBE;UNSUBSCRIBE a b;GET a",
        "SUBSCRIBE;PSUBSCRIBE;SSUBSCRIBE;GET a",
        "SUBSCRIBE a;PING;PING x;GET a;SET a 1;MULTI;CLIENT ID;SELECT 1;UNSUBSCRIBE;GET a",
        "SUBSCRIBE a;UNSUBSCRIBE;CLIENT GETNAME;SUBSCRIBE a;CLIENT GETNAME;RESET;CLIENT GETNAME",
        "SET a 1;SUBSCRIBE a;PUBLISH a x;UNSUBSCRIBE;PUBLISH a x;GET a",
        "HELLO_3;SUBSCRIBE a;PING;PING x;GET a;PUBLISH a x;UNSUBSCRIBE;PUBLISH a x;GET a",
        "HELLO_3;RPUSH l message a b;RPUSH m subscribe a b;SUBSCRIBE a;LRANGE l 0 -1;LRANGE m 0 -1;"
            + "GET a;UNSUBSCRIBE;LRANGE m 0 -1;GET a",
        "HELLO_3;SUBSCRIBE a;PSUBSCRIBE a*;PUBLISH a x;MULTI;PING;EXEC;PUBLISH a y;UNSUBSCRIBE;"
            + "PUNSUBSCRIBE;PUBLISH a z",
        "HELLO_3;SUBSCRIBE a;SSUBSCRIBE s;MULTI;PUBLISH a x;SPUBLISH s y;GET a;EXEC;PUBLISH a z;GET a",
        "CLIENT REPLY OFF;SUBSCRIBE a;PING;UNSUBSCRIBE a;SET a 1;CLIENT REPLY ON;GET a",
        "CLIENT REPLY OFF;SUBSCRIBE a;SUBSCRIBE;UNSUBSCRIBE;SSUBSCRIBE;CLIENT REPLY ON;GET a",
        "HELLO_3;CLIENT REPLY OFF;SUBSCRIBE a;PUBLISH a x;GET a;PUBLISH a y;GET a;CLIENT REPLY ON;GET a",
        "CLIENT REPLY SKIP;SET a 1;GET a;CLIENT REPLY SKIP;CLIENT REPLY SKIP;GET a;GET a",
        "CLIENT REPLY SKIP;CLIENT REPLY ON;GET a;CLIENT REPLY;CLIENT REPLY nosuch;GET a",
        "CLIENT REPLY SKIP;CLIENT REPLY nosuch;GET a;GET a",
        "CLIENT REPLY OFF;CLIENT REPLY SKIP;GET a;CLIENT REPLY ON;GET a;GET a",
        "CLIENT REPLY OFF;SET a 1;MULTI;INCR a;EXEC;CLIENT REPLY ON;GET a",
        "CLIENT REPLY SKIP;NOSUCH;GET a;CLIENT REPLY SKIP;MULTI;INCR a;EXEC",
        "CLIENT REPLY OFF;MULTI;SELECT 1;INCR a;EXEC;GET a;CLIENT REPLY ON;GET a",
        "CLIENT REPLY OFF;MULTI;SELECT 1;EXEC now;NOSUCH;EXEC;GET a;CLIENT REPLY ON;GET a;SELECT 0",
        "CLIENT REPLY OFF;MULTI;SELECT 1;  ;DISCARD;GET a;MULTI;SELECT 2;EXEC;CLIENT REPLY ON;PING",
        "HELLO_3;CLIENT REPLY OFF;CLIENT TRACKING ON;GET a;MULTI;SELECT 1;EXEC;SELECT 0;SET a 1;"
            + "CLIENT REPLY ON;GET a",
        "CLIENT REPLY OFF;SELECT 1;SET a 1;CLIENT REPLY ON;GET a;SELECT 0;GET a",
        "CLIENT REPLY OFF;RESET;GET a",
        "CLIENT REPLY SKIP;SELECT 1;GET a",
        "CLIENT TRACKING ON;CLIENT TRACKING OFF;CLIENT CACHING YES;CLIENT TRACKING ON OPTIN OPTOUT",
        "HELLO_3;CLIENT TRACKING ON OPTIN;CLIENT CACHING YES;GET a;SET a 1;GET b;SET b 1;PING",
        "HELLO_3;CLIENT TRACKING ON BCAST PREFIX a;SET a1 1;SET b1 1;CLIENT TRACKING OFF;SET a1 2",
        "HELLO_3;CLIENT TRACKING ON NOLOOP;GET a;SET a 1;CLIENT TRACKINGINFO",
        "CLIENT TRACKING ON REDIRECT 999999;GET a;CLIENT TRACKING;CLIENT TRACKING MAYBE;GET a",
        "CLIENT REPLY OFF;MONITOR;GET a;SET a 1;RESET;GET a",
        "CLIENT REPLY SKIP;MONITOR;RESET;GET a",
        "HELLO_3;CLIENT TRACKING ON;HELLO 3;GET a;SET a 1;SELECT 1;GET a;SET a 2;HELLO 2;GET a",
        "HELLO_3;SUBSCRIBE a;SELECT 1;SET b 1;PUBLISH a x;HELLO 2 SETNAME me;GET b;PING;UNSUBSCRIBE;"
            + "CLIENT GETNAME;GET b;SELECT 0;GET b",
        "WATCH a;HELLO 3;SUBSCRIBE a;PUBLISH a x;UNSUBSCRIBE;UNWATCH;HELLO 2;GET a;HELLO 4",
        "MONITOR;RESET;GET a",
        "MONITOR;QUIT;GET a"
      })
  void aWholeSessionInOnePieceIsAnsweredAsAtAServer(String lines) throws IOException {
    String[] session = lines.replace("HELLO_3", "HELLO 3").split(";");
    String atServer = withoutId(Transcript.of(group.master().port(), session));
    group.flushAll();
    assertThat(withoutId(Transcript.of(proxy.port(), session))).isEqualTo(atServer);
  }

  @Test
  void theClientIsHeardBehindATransactionWithoutReplies() throws IOException {
    for (String line : List.of("CLIENT REPLY OFF", "MULTI", "SELECT 1", "INCR a")) {
      client.sendCommand(line.split(" "));
    }
    // The connection to the master is the session's own by now.
    await().until(() -> other.call("PROXY", "CLIENTS").toString().contains("state=relay"));
    group.master().pause();
    for (String line : List.of("EXEC", "CLIENT REPLY ON", "GET a")) {
      double before = bytesIn();
      client.sendCommand(line.split(" "));
      await().until(() -> bytesIn() > before);
    }
    group.master().resume();
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("1");
  }

  private double bytesIn() {
    return new Scrape(proxy.scrape()).sum("redis_proxy_client_bytes_total", "direction=in");
  }

  /** The client's number differs between any two. */
  private static String withoutId(String replies) {
    return replies.replaceAll("(?<=\\$2\r\nid\r\n):\\d+", ":1");
  }

  /** Clients such as redis-py's publish before the subscription is confirmed. */
  @ParameterizedTest
  @ValueSource(strings = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"})
  void aMessageComesAfterASubscriptionThatWasAskedForFirst(String subscribe) throws IOException {
    String publish = subscribe.startsWith("SS") ? "SPUBLISH" : "PUBLISH";
    List<RawClient> subscribers = new ArrayList<>();
    long heard = 0;
    try (TestProxy oneLoop = TestProxy.start(group, Map.of("event-loops", "1"));
        RawClient publisher = oneLoop.connect()) {
      for (int i = 0; i < 50; i++) {
        RawClient subscriber = oneLoop.connect();
        subscribers.add(subscriber);
        subscriber.call("PING");
        // What is to be answered before the subscription is, too.
        subscriber.send(RawClient.requests("GET none", subscribe + " channel" + i));
        heard += (Long) publisher.call(publish, "channel" + i, "x");
      }
      // Where the machine stands still for a moment, one is not waited for.
      assertThat(heard).isGreaterThan(45);
    } finally {
      RawClient.closeAll(subscribers);
    }
  }

  @Test
  void aMessageOfAnotherSubscriberComesAfterASubscriptionToo() throws IOException {
    try (TestProxy oneLoop = TestProxy.start(group, Map.of("event-loops", "1"));
        RawClient subscriber = oneLoop.connect();
        RawClient publisher = oneLoop.connect()) {
      publisher.call("HELLO", "3");
      publisher.call("SUBSCRIBE", "other");
      subscriber.call("SUBSCRIBE", "channel");
      long heard = 0;
      for (int i = 0; i < 50; i++) {
        subscriber.sendCommand("SUBSCRIBE", "channel" + i);
        heard += (Long) publisher.call("PUBLISH", "channel" + i, "x");
      }
      assertThat(heard).isGreaterThan(45);
    }
  }

  /** Each would occupy a port for a minute. */
  @Test
  void clientsWhoSubscribeAndLeaveOccupyNoPortsToTheMaster() throws IOException {
    long before = closedToMaster();
    for (String protocol : List.of("2", "3")) {
      for (int i = 0; i < 10; i++) {
        try (RawClient subscriber = proxy.connect()) {
          subscriber.call("HELLO", protocol);
          subscriber.call("SUBSCRIBE", "left");
        }
      }
    }
    await().until(() -> other.call("PUBSUB", "NUMSUB", "left").equals(List.of("left", 0L)));
    assertThat(closedToMaster() - before).isLessThan(10);
  }

  /** Connections to the master that this machine has closed and waits behind. */
  private static long closedToMaster() throws IOException {
    // Addresses and ports in hexadecimal, the peer's before the state; 06 is TIME_WAIT.
    String entry = ".*:%04X 06 .*".formatted(group.master().port());
    long count = 0;
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      Path path = Path.of(table);
      if (Files.exists(path)) {
        count += Files.readAllLines(path).stream().filter(line -> line.matches(entry)).count();
      }
    }
    return count;
  }

  @Test
  void messagesComeWhileRepliesAreAwaited() throws IOException {
    client.call("HELLO", "3");
    client.call("SUBSCRIBE", "a");
    client.sendCommand("BLPOP", "l", "0");
    for (int i = 0; i < 100; i++) {
      assertThat(other.call("PUBLISH", "a", "m" + i)).isEqualTo(1L);
    }
    other.call("RPUSH", "l", "x");
    for (int i = 0; i < 100; i++) {
      Push push = (Push) client.readReply();
      assertThat(push.items().get(2)).isEqualTo(("m" + i).getBytes(StandardCharsets.US_ASCII));
    }
    assertThat(client.readText()).isEqualTo(List.of("l", "x"));
  }

  @Test
  void aMessageOfFiveMegabytesComesWhole() throws IOException {
    String large = "0123456789".repeat(500_000);
    for (String protocol : List.of("2", "3")) {
      try (RawClient subscriber = proxy.connect()) {
        subscriber.call("HELLO", protocol);
        subscriber.call("SUBSCRIBE", "a");
        assertThat(other.call("PUBLISH", "a", large)).isEqualTo(1L);
        Object message = subscriber.readReply();
        List<?> items = message instanceof Push push ? push.items() : (List<?>) message;
        assertThat((byte[]) items.get(2)).hasSize(large.length());
      }
    }
  }

  @Test
  void manySubscribersGetEachMessageAndASlowOneHarmsNobody() throws IOException {
    List<RawClient> subscribers = new ArrayList<>();
    try (RawClient slow = proxy.connect()) {
      slow.call("SUBSCRIBE", "big");
      for (int i = 0; i < 1000; i++) {
        RawClient subscriber = proxy.connect();
        subscribers.add(subscriber);
        subscriber.call("SUBSCRIBE", "a");
      }
      String large = "x".repeat(1_000_000);
      for (int i = 0; i < 20; i++) {
        other.call("PUBLISH", "big", large);
      }
      assertThat(other.call("PUBLISH", "a", "hello")).isEqualTo(1000L);
      for (RawClient subscriber : subscribers) {
        assertThat(((List<?>) subscriber.readText()).get(2)).isEqualTo("hello");
      }
    } finally {
      RawClient.closeAll(subscribers);
    }
  }

  @Test
  void invalidationsGoToTheClientThatTrackingIsRedirectedTo() throws IOException {
    String id = other.call("CLIENT", "ID").toString();
    other.call("SUBSCRIBE", "__redis__:invalidate");
    assertThat(client.call("CLIENT", "TRACKING", "ON", "REDIRECT", id)).isEqualTo("OK");
    client.call("GET", "a");
    group.call(group.master(), "SET", "a", "1");
    assertThat(((List<?>) other.readText()).get(2)).isEqualTo(List.of("a"));
  }

  @Test
  void theyGoToOneWithoutAConnectionOfItsOwnAsPushes() throws IOException {
    other.call("HELLO", "3");
    String id = other.call("CLIENT", "ID").toString();
    for (String protocol : List.of("2", "3")) {
      client.call("HELLO", protocol);
      assertThat(client.call("CLIENT", "TRACKING", "ON", "REDIRECT", id)).isEqualTo("OK");
      client.call("GET", "a");
      group.call(group.master(), "SET", "a", protocol);
      assertThat(other.readText()).isEqualTo(new Push(List.of("invalidate", List.of("a"))));
      assertThat(other.call("GET", "a")).isEqualTo(protocol);
      client.call("CLIENT", "TRACKING", "OFF");
    }
  }

  @Test
  void theyGoToOneThatSubscribesAfterwards() throws IOException {
    String id = other.call("CLIENT", "ID").toString();
    assertThat(client.call("CLIENT", "TRACKING", "ON", "REDIRECT", id)).isEqualTo("OK");
    other.call("SUBSCRIBE", "__redis__:invalidate");
    client.call("GET", "a");
    group.call(group.master(), "SET", "a", "1");
    assertThat(((List<?>) other.readText()).get(2)).isEqualTo(List.of("a"));
  }

  @Test
  void aClientThatIsInTheMiddleOfARequestIsWaitedForAndKeepsItsOrder() throws IOException {
    other.call("HELLO", "3");
    String id = other.call("CLIENT", "ID").toString();
    other.send("SET a 1\r\nGET a\r\n*2\r\n$3\r\nGE");
    assertThat(other.readText()).isEqualTo("OK");
    client.sendCommand("CLIENT", "TRACKING", "ON", "REDIRECT", id);
    other.send("T\r\n$1\r\na\r\nGET a\r\n");
    for (int i = 0; i < 3; i++) {
      assertThat(other.readText()).isEqualTo("1");
    }
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(other.call("INCR", "a")).isEqualTo(2L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void theClientThatTrackingIsRedirectedToIsToldByItsNumberHere(String protocol)
      throws IOException {
    Long id = (Long) other.call("CLIENT", "ID");
    client.call("HELLO", protocol);
    assertThat(client.call("CLIENT", "GETREDIR")).isEqualTo(-1L);
    other.call("SUBSCRIBE", "__redis__:invalidate");
    client.call("CLIENT", "TRACKING", "ON", "REDIRECT", "" + id, "BCAST", "PREFIX", "redirect");
    assertThat(client.call("CLIENT", "GETREDIR")).isEqualTo(id);
    assertThat(client.call("CLIENT", "TRACKINGINFO").toString())
        .contains("redirect", "" + id)
        .doesNotContain("broken_redirect");
    assertThat(client.call("CLIENT", "GETREDIR", "x")).isInstanceOf(RedisError.class);
    assertThat(client.call("CLIENT", "TRACKING", "ON", "REDIRECT", "0", "OPTIN"))
        .isInstanceOf(RedisError.class);
    assertThat(client.call("CLIENT", "GETREDIR")).isEqualTo(id);
    client.call("CLIENT", "TRACKING", "OFF");
    assertThat(client.call("CLIENT", "GETREDIR")).isEqualTo(-1L);
    client.call("CLIENT", "TRACKING", "ON");
    assertThat(client.call("CLIENT", "GETREDIR")).isEqualTo(0L);
  }

  @Test
  void invalidationsAreRedirectedToAClientThatIsLeftToItsNodeToo() throws IOException {
    Long id = (Long) other.call("CLIENT", "ID");
    other.send("MULTI\r\nSUBSCRIBE __redis__:invalidate\r\nEXEC\r\n");
    assertThat(other.readText()).isEqualTo("OK");
    assertThat(other.readText()).isEqualTo("QUEUED");
    other.readText();
    client.call("CLIENT", "TRACKING", "ON", "REDIRECT", "" + id);
    assertThat(client.call("CLIENT", "GETREDIR")).isEqualTo(id);
    client.call("GET", "a");
    client.call("SET", "a", "1");
    assertThat(other.readText())
        .isEqualTo(List.of("message", "__redis__:invalidate", List.of("a")));
  }

  @Test
  void whoGetsInvalidationsOfOthersKeepsAConnectionThatWasThere() throws IOException {
    Object id = other.call("CLIENT", "ID");
    other.call("HELLO", "3");
    other.call("WATCH", "a");
    other.call("UNWATCH");
    client.call("CLIENT", "TRACKING", "ON", "REDIRECT", "" + id, "BCAST");
    other.call("GET", "b");
    client.call("SET", "a", "1");
    assertThat(other.readText()).isEqualTo(new Push(List.of("invalidate", List.of("a"))));
  }

  @Test
  void whoseInvalidationsAreRedirectedIsToldByThatNumberThatTheOtherIsGone() throws IOException {
    client.call("HELLO", "3");
    try (RawClient gone = proxy.connect()) {
      Object id = gone.call("CLIENT", "ID");
      assertThat(client.call("CLIENT", "TRACKING", "ON", "REDIRECT", "" + id)).isEqualTo("OK");
      client.call("GET", "a");
      gone.close();
      await().until(() -> proxy.gauge("redis_proxy.node.pinned") == 1);
      other.call("SET", "a", "1");
      assertThat(client.readText()).isEqualTo(new Push(List.of("tracking-redir-broken", id)));
    }
  }

  @Test
  void aConnectionThatHasChangedGoesToThoseOfItsNewKind() throws IOException {
    client.call("WATCH", "a");
    client.call("SELECT", "5");
    assertThat((Object) client.call("HELLO", "3")).isNotInstanceOf(RedisError.class);
    client.call("UNWATCH");
    for (RawClient each : List.of(client, other)) {
      assertThat(each.call("GET", "where")).isNull();
      each.send("MULTI\r\nSET where here\r\nEXEC\r\nGET where\r\n");
      assertThat(each.readText()).isEqualTo("OK");
      assertThat(each.readText()).isEqualTo("QUEUED");
      assertThat(each.readText()).isEqualTo(List.of("OK"));
      assertThat(each.readText()).isEqualTo("here");
    }
  }

  @Test
  void waitingForReplicasIsNotHeardByAnybody() throws IOException {
    client.call("PSUBSCRIBE", "*");
    other.call("SET", "a", "1");
    assertThat(other.call("WAIT", "1", "5000")).isEqualTo(1L);
    other.call("PUBLISH", "end", "x");
    assertThat(client.readText()).isEqualTo(List.of("pmessage", "*", "end", "x"));
  }

  @Test
  void whoHasSaidQuitIsNoSubscriberThoughItHasNotClosed() throws IOException {
    client.call("SUBSCRIBE", "left");
    assertThat(group.call(group.master(), "PUBSUB", "NUMSUB", "left")).asString().contains("1");
    assertThat(client.call("QUIT")).isEqualTo("OK");
    await()
        .atMost(Duration.ofSeconds(3))
        .until(
            () ->
                group.call(group.master(), "PUBSUB", "NUMSUB", "left").equals(List.of("left", 0L)));
    assertThat(client.closedByPeer()).isTrue();
  }

  @Test
  void aSubscriberThatTakesNothingIsCutOffInTheEnd() throws IOException {
    try (TestProxy impatient =
            TestProxy.start(group, Map.of("client.subscriber-timeout", "500ms"));
        RawClient slow = new RawClient(impatient.port(), 65_536);
        RawClient reading = impatient.connect()) {
      slow.call("SUBSCRIBE", "big");
      reading.call("SUBSCRIBE", "big");
      String large = "x".repeat(1_000_000);
      // More than the kernel keeps at the proxy's end, and less than makes the node cut it off.
      for (int i = 0; i < 20; i++) {
        other.call("PUBLISH", "big", large);
        reading.readReply();
      }
      await()
          .untilAsserted(
              () ->
                  assertThat(
                          impatient.counted("redis_proxy.clients.closed", "cause", "slow_client"))
                      .isEqualTo(1));
      await().until(() -> impatient.gauge("redis_proxy.node.pinned") == 1);
      other.call("PUBLISH", "big", "end");
      assertThat(((List<?>) reading.readText()).get(2)).isEqualTo("end");
    }
  }
}
