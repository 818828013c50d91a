package io.redisproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisproxy.fixture.RawClient;
import io.redisproxy.fixture.RawClient.RedisError;
import io.redisproxy.fixture.RedisGroup;
import io.redisproxy.fixture.RedisNode;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A script is known everywhere once it is loaded, though each node has a cache of its own. */
class ScriptTest {
  private static final String SCRIPT = "return redis.call('get', KEYS[1])";

  @AutoClose private static RedisGroup group;
  @AutoClose private static TestProxy proxy;
  @AutoClose private RawClient client;

  @BeforeAll
  static void start() {
    group = RedisGroup.start(2);
    proxy = TestProxy.start(group);
  }

  @BeforeEach
  void connect() throws IOException {
    group.flushAll();
    nodes().forEach(node -> group.call(node, "SCRIPT", "FLUSH"));
    group.call(group.master(), "SET", "a", "1");
    group.awaitInSync();
    group.resetStats();
    client = proxy.connect();
  }

  @Test
  void aLoadedScriptRunsOnTheReplicas() throws IOException {
    String digest = (String) client.call("SCRIPT", "LOAD", SCRIPT);
    for (RedisNode node : nodes().toList()) {
      await().until(() -> group.call(node, "SCRIPT", "EXISTS", digest).equals(List.of(1L)));
    }
    for (int i = 0; i < 10; i++) {
      assertThat(client.call("EVALSHA_RO", digest, "1", "a")).isEqualTo("1");
    }
    assertThat(group.commandCount(group.master(), "evalsha_ro")).isZero();
  }

  @Test
  void aScriptThatOneNodeAloneKnowsIsFoundThere() throws IOException {
    for (RedisNode knowing : nodes().toList()) {
      nodes().forEach(node -> group.call(node, "SCRIPT", "FLUSH"));
      String digest = (String) group.call(knowing, "SCRIPT", "LOAD", SCRIPT);
      for (int i = 0; i < 6; i++) {
        assertThat(client.call("EVALSHA_RO", digest, "1", "a")).isEqualTo("1");
      }
    }
  }

  @Test
  void aScriptThatWasEvaluatedAtOneReplicaCanBeCalledByItsDigest() throws IOException {
    assertThat(client.call("EVAL_RO", SCRIPT, "1", "a")).isEqualTo("1");
    String digest = (String) group.call(group.master(), "SCRIPT", "LOAD", SCRIPT);
    group.call(group.master(), "SCRIPT", "FLUSH");
    for (int i = 0; i < 10; i++) {
      assertThat(client.call("EVALSHA_RO", digest, "1", "a")).isEqualTo("1");
    }
  }

  @Test
  void aFlushReachesEveryNodeAndThenTheDigestIsUnknownToTheClientToo() throws IOException {
    String digest = (String) client.call("SCRIPT", "LOAD", SCRIPT);
    assertThat(client.call("SCRIPT", "FLUSH")).isEqualTo("OK");
    assertIsUnknown(client.call("EVALSHA_RO", digest, "1", "a"));
    assertIsUnknown(client.call("EVALSHA", digest, "1", "a"));
    assertIsUnknown(client.call("EVALSHA_RO", "0".repeat(40), "0"));
    for (RedisNode node : nodes().toList()) {
      await().until(() -> group.call(node, "SCRIPT", "EXISTS", digest).equals(List.of(0L)));
    }
    assertThat(((RedisError) client.call("EVALSHA_RO", digest)).message())
        .isEqualTo("ERR wrong number of arguments for 'evalsha_ro' command");
  }

  @Test
  void theCachesOfAllNodesAreKeptFromAConnectionOfTheSessionsOwnToo() throws IOException {
    client.call("WATCH", "a");
    String digest = (String) client.call("SCRIPT", "LOAD", SCRIPT);
    for (RedisNode node : nodes().toList()) {
      await().until(() -> group.call(node, "SCRIPT", "EXISTS", digest).equals(List.of(1L)));
    }
    client.send("MULTI\r\nSCRIPT FLUSH\r\nEXEC\r\n");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("QUEUED");
    assertThat(client.readText()).isEqualTo(List.of("OK"));
    for (RedisNode node : nodes().toList()) {
      await().until(() -> group.call(node, "SCRIPT", "EXISTS", digest).equals(List.of(0L)));
    }
    assertIsUnknown(client.call("EVALSHA_RO", digest, "1", "a"));
  }

  @Test
  void whatTheMasterRefusesToASubscriberDoesNotReachTheReplicas() throws IOException {
    String digest = (String) client.call("SCRIPT", "LOAD", SCRIPT);
    client.call("SCRIPT", "FLUSH");
    client.call("SUBSCRIBE", "c");
    assertThat(client.call("SCRIPT", "LOAD", SCRIPT)).isInstanceOf(RedisError.class);
    client.call("UNSUBSCRIBE", "c");
    assertIsUnknown(client.call("EVALSHA_RO", digest, "1", "a"));
  }

  @Test
  void theyAreKeptFromASessionThatIsLeftToItsNodeToo() throws IOException {
    client.send("MULTI\r\nSELECT 0\r\nEXEC\r\n");
    assertThat(client.readText()).isEqualTo("OK");
    assertThat(client.readText()).isEqualTo("QUEUED");
    assertThat(client.readText()).isEqualTo(List.of("OK"));
    String digest = (String) client.call("SCRIPT", "LOAD", SCRIPT);
    for (RedisNode node : nodes().toList()) {
      await().until(() -> group.call(node, "SCRIPT", "EXISTS", digest).equals(List.of(1L)));
    }
    client.send("SCRIPT FLUSH\r\n");
    assertThat(client.readText()).isEqualTo("OK");
    for (RedisNode node : nodes().toList()) {
      await().until(() -> group.call(node, "SCRIPT", "EXISTS", digest).equals(List.of(0L)));
    }
  }

  @Test
  void repliesStayInOrderWhileOneScriptIsLookedFor() throws IOException {
    String digest = (String) group.call(group.master(), "SCRIPT", "LOAD", SCRIPT);
    client.send(
        ("GET a\r\nEVALSHA_RO " + digest + " 1 a\r\nECHO x\r\nEVALSHA_RO nosuch 0\r\nGET a\r\n")
            .repeat(50));
    for (int i = 0; i < 50; i++) {
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readText()).isEqualTo("1");
      assertThat(client.readText()).isEqualTo("x");
      assertIsUnknown(client.readText());
      assertThat(client.readText()).isEqualTo("1");
    }
  }

  @Test
  void aScriptThatWritesOrFailsIsAnsweredOnce() throws IOException {
    String writes = (String) client.call("SCRIPT", "LOAD", "return redis.call('set', KEYS[1], 1)");
    assertThat(((RedisError) client.call("EVALSHA_RO", writes, "1", "a")).message())
        .contains("Write commands are not allowed");
    assertThat(client.call("EVALSHA", writes, "1", "b")).isEqualTo("OK");
    assertThat(((RedisError) client.call("SCRIPT", "LOAD", "return (")).message())
        .contains("Error compiling script");
    assertThat(((RedisError) client.call("SCRIPT", "LOAD")).message()).contains("wrong number");
    assertThat(client.call("PING")).isEqualTo("PONG");
  }

  @Test
  void aFunctionIsCalledOnTheReplicas() throws IOException {
    assertThat(
            client.call(
                "FUNCTION",
                "LOAD",
                "REPLACE",
                "#!lua name=lib\nredis.register_function{function_name='read',"
                    + "callback=function(k) return redis.call('get', k[1]) end,"
                    + "flags={'no-writes'}}"))
        .isEqualTo("lib");
    group.awaitInSync();
    for (int i = 0; i < 10; i++) {
      assertThat(client.call("FCALL_RO", "read", "1", "a")).isEqualTo("1");
    }
    assertThat(client.call("FCALL", "read", "1", "a")).isEqualTo("1");
  }

  private static void assertIsUnknown(Object reply) {
    assertThat(((RedisError) reply).message()).startsWith("NOSCRIPT No matching script");
  }

  private static Stream<RedisNode> nodes() {
    return Stream.concat(Stream.of(group.master()), group.replicas().stream());
  }
}
