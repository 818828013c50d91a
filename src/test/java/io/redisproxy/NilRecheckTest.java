package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redisproxy.config.CommandOverride;
import io.redisproxy.config.Consistency;
import io.redisproxy.config.ListenerConfig;
import io.redisproxy.config.MasterFallback;
import io.redisproxy.config.NilRecheck;
import io.redisproxy.config.Resilience;
import io.redisproxy.fixture.LeakWatch;
import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.Relay;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A replica that lacks what was written past the proxy, as it hears nothing from its master. */
class NilRecheckTest {
  private static final NilRecheck GETS = new NilRecheck(Set.of("GET"), Set.of());
  private static final NilRecheck SESSIONS = new NilRecheck(Set.of(), Set.of("session:", "s2:"));

  @AutoClose private RedisGroup group;
  @AutoClose private Relay replication;
  @AutoClose private Relay toMaster;
  @AutoClose private Relay toReplica;

  @BeforeEach
  void start() {
    group = RedisGroup.start(1, "--repl-ping-replica-period", "3600");
    replication = Relay.to(group.master().port());
    group.follow(group.replica(0), replication.port());
    group.call(group.master(), "SET", "old", "1");
    group.awaitInSync();
    toMaster = Relay.to(group.master().port());
    toReplica = Relay.to(group.replica(0).port());
    replication.stall();
    for (String key : List.of("new", "session:1", "s2:1")) {
      group.call(group.master(), "SET", key, "2");
    }
  }

  private TestProxy proxy(Consistency consistency, NilRecheck rechecks) {
    return proxy(consistency, rechecks, Duration.ofMinutes(1));
  }

  private TestProxy proxy(Consistency consistency, NilRecheck rechecks, Duration readTimeout) {
    Resilience resilience =
        new Resilience(readTimeout, 3, MasterFallback.NEVER, Duration.ofSeconds(2));
    return proxy(
        like ->
            ListenerBuilder.like(like)
                .consistency(consistency)
                .nilRecheck(rechecks)
                .resilience(resilience)
                .build());
  }

  private TestProxy proxy(UnaryOperator<ListenerConfig> refined) {
    return TestProxy.start(
        Map.of("probe.timeout", "1m", "event-loops", "1"),
        refined,
        toMaster.port(),
        toReplica.port());
  }

  private static RawClient connect(TestProxy proxy, int protocol) throws IOException {
    RawClient client = proxy.connect();
    client.call("HELLO", "" + protocol);
    await("the replica is connected for this protocol")
        .until(() -> client.call("PROXY", "EXPLAIN", "GET", "old").toString().contains("replica"));
    return client;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void whatAReplicaLacksComesFromTheMaster(int protocol) throws Exception {
    try (LeakWatch leaks = new LeakWatch();
        TestProxy proxy = proxy(Consistency.EVENTUAL, GETS);
        RawClient client = connect(proxy, protocol)) {
      assertThat(client.call("GET", "new")).isEqualTo("2");
      assertThat(client.call("GET", "old")).isEqualTo("1");
      assertThat(client.call("GET", "nowhere")).isNull();
      assertThat(proxy.counted("redis_proxy.retries", "reason", "nil")).isEqualTo(2);
      assertThat(client.call("STRLEN", "new")).isEqualTo(0L);
      assertThat(client.call("GETRANGE", "new", "0", "9")).isEqualTo("");
      assertThat(client.call("RANDOMKEY")).isEqualTo("old");
      assertThat(client.call("MGET", "new", "old")).isEqualTo(Arrays.asList(null, "1"));
      assertThat(group.commandCount(group.master(), "get")).isEqualTo(2);
      assertThat(group.commandCount(group.replica(0), "get")).isEqualTo(3);
      assertThat(proxy.counted("redis_proxy.retries")).isEqualTo(2);
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void aKeyWithThePrefixIsSeenAmongOthersInAPipeline() throws IOException {
    try (TestProxy proxy = proxy(Consistency.EVENTUAL, SESSIONS);
        RawClient client = connect(proxy, 2)) {
      client.send(RawClient.requests("GET new", "GET new", "GET session:1", "GET s2:1", "GET new"));
      for (Object expected : Arrays.asList(null, null, "2", "2", null)) {
        assertThat(client.readText()).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Consistency.class)
  void repliesKeepTheirOrderInAPipeline(Consistency consistency) throws Exception {
    try (LeakWatch leaks = new LeakWatch();
        TestProxy proxy = proxy(consistency, GETS);
        RawClient client = proxy.connect()) {
      List<Object> expected = new ArrayList<>();
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 500; i++) {
        requests.append("GET new\r\nGET old\r\nGET nowhere\r\nECHO ").append(i);
        requests.append("\r\nSTRLEN old\r\nSTRLEN new\r\n");
        expected.addAll(Arrays.asList("2", "1", null, "" + i, 1L, 0L));
      }
      client.send(requests.toString());
      for (Object each : expected) {
        assertThat(client.readText()).isEqualTo(each);
      }
      assertThat(proxy.counted("redis_proxy.retries", "reason", "nil")).isEqualTo(1000);
      assertThat(leaks.reports()).isEmpty();
    }
  }

  @Test
  void keysWithAPrefixAreAskedForAgainWhateverTheCommand() throws IOException {
    group.call(group.master(), "XADD", "s2:stream", "1-1", "f", "v");
    try (TestProxy proxy = proxy(Consistency.EVENTUAL, SESSIONS);
        RawClient client = proxy.connect()) {
      assertThat(client.call("GET", "session:1")).isEqualTo("2");
      assertThat(client.call("GET", "s2:1")).isEqualTo("2");
      assertThat(client.call("OBJECT", "ENCODING", "s2:1")).isEqualTo("int");
      assertThat(client.call("XREAD", "COUNT", "1", "STREAMS", "x", "s2:stream", "0", "0"))
          .asString()
          .contains("1-1");
      String get = "return redis.call('GET', KEYS[1])";
      assertThat(client.call("EVAL_RO", get, "1", "session:1")).isEqualTo("2");
      assertThat(proxy.counted("redis_proxy.retries", "reason", "nil")).isEqualTo(5);

      assertThat(client.call("GET", "new")).isNull();
      assertThat(client.call("GET", "session")).isNull();
      assertThat(client.call("EVAL_RO", get, "1", "new")).isNull();
      assertThat(client.call("MGET", "session:1")).isEqualTo(Arrays.asList((Object) null));
      assertThat(proxy.counted("redis_proxy.retries", "reason", "nil")).isEqualTo(5);
    }
  }

  @Test
  void aMasterThatIsSilentForLongerThanAllAttemptsMakesItAnError() throws IOException {
    try (TestProxy proxy = proxy(Consistency.EVENTUAL, GETS, Duration.ofMillis(300));
        RawClient client = proxy.connect()) {
      toMaster.stall();
      assertThat(client.call("GET", "new"))
          .isEqualTo(
              new RedisError(
                  "ERR redis-proxy: node 127.0.0.1:"
                      + toMaster.port()
                      + ": it has not answered a read in time"));
      assertThat(client.call("GET", "old")).isEqualTo("1");
      toMaster.resume();
      await().until(() -> "2".equals(client.call("GET", "new")));
    }
  }

  @Test
  void theReplicasAnswerCountsWhenThereIsNoMaster() throws IOException {
    try (TestProxy proxy = proxy(Consistency.EVENTUAL, GETS);
        RawClient client = proxy.connect()) {
      toMaster.stall();
      client.sendCommand("GET", "new");
      await().until(() -> proxy.counted("redis_proxy.retries", "reason", "nil") == 1);
      toMaster.cut();
      assertThat(client.readText()).isNull();
      toMaster.refuse();
      toMaster.cut();
      toMaster.resume();
      assertThat(client.call("GET", "new")).isNull();
      toMaster.accept();
      await().until(() -> "2".equals(client.call("GET", "new")));
    }
  }

  @Test
  void aReadDoesNotSeeAWriteThatTheClientSentBehindIt() throws IOException {
    try (TestProxy proxy = proxy(Consistency.EVENTUAL, GETS);
        RawClient client = proxy.connect();
        RawClient observer = new RawClient(group.master().port())) {
      toReplica.stall();
      client.send("GET key\r\nSET key 1\r\n");
      await().until(() -> "1".equals(observer.call("GET", "key")));
      toReplica.resume();
      assertThat(client.readText()).isNull();
      assertThat(client.readText()).isEqualTo("OK");
    }
  }

  @Test
  void anExplanationTellsOfIt() throws IOException {
    try (TestProxy proxy = proxy(Consistency.EVENTUAL, SESSIONS);
        RawClient client = proxy.connect()) {
      String recheck = "if it answers nil, the master is asked, too";
      assertThat(client.call("PROXY", "EXPLAIN", "GET", "session:1")).asString().contains(recheck);
      assertThat(client.call("PROXY", "EXPLAIN", "GET", "new")).asString().doesNotContain("nil");
      assertThat(client.call("PROXY", "EXPLAIN", "SET", "session:1", "1"))
          .asString()
          .doesNotContain("nil");
    }
  }

  @Test
  void aCommandOfAModuleThatIsARead() throws IOException {
    // It stands for one that the table of commands doesn't have: the servers don't know it either.
    NilRecheck module = new NilRecheck(Set.of("MYMODULE.GET", "MYMODULE SUB"), Set.of());
    Map<String, CommandOverride> reads =
        Map.of("MYMODULE.GET", CommandOverride.READ, "MYMODULE", CommandOverride.READ);
    try (TestProxy proxy =
            proxy(
                like ->
                    ListenerBuilder.like(TestProxy.eventual(like))
                        .commands(reads)
                        .nilRecheck(module)
                        .build());
        RawClient client = proxy.connect()) {
      assertThat(client.call("mymodule.get", "a")).asString().contains("unknown command");
      assertThat(client.call("PROXY", "EXPLAIN", "mymodule.get", "a")).asString().contains("nil");
      assertThat(client.call("PROXY", "EXPLAIN", "mymodule", "sub")).asString().contains("nil");
      assertThat(client.call("PROXY", "EXPLAIN", "mymodule")).asString().doesNotContain("nil");
    }
  }

  @Test
  void whatNamesNoReadOfAReplicaIsRefused() {
    NilRecheck wrong = new NilRecheck(Set.of("SET", "MGET", "OTHER.GET", "GET"), Set.of("a"));
    assertThatThrownBy(() -> proxy(Consistency.EVENTUAL, wrong).close())
        .isInstanceOf(StartException.class)
        .hasMessageContainingAll(
            "\"nilRecheck\" names MGET, which never answers nil, but a list that may have nils in"
                + " it; and OTHER.GET, which is never sent to a replica; and SET, which is never"
                + " sent to a replica; remove that");
  }
}
